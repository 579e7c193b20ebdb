/** Batches and files as time goes by, on a real database and a real disk; only what answers a line is scripted. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account, KeyId, ResponseId, SubjectName } from '../src/core/ids.ts'
import { asElpisError, elpisError } from '../src/errors.ts'
import type { BatchDoor } from '../src/kept/batch-door.ts'
import { openKept, type Kept } from '../src/kept/kept.ts'
import type { BatchStore, StoredBatch } from '../src/kept/store.ts'
import { openStorage } from '../src/storage/storage.ts'
import { prepareDatabase } from './support/prepared-home.ts'

const keyId = 'key_test' as KeyId
const account = keyId as string as Account
const subject = 'key:key_test' as SubjectName
const day = 86_400_000

function freshHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'elpis-kept-'))
  prepareDatabase(home)
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** @param ahead milliseconds that its clock is ahead of the wall's */
async function opened(home: string, ahead = 0, batchStore?: (store: BatchStore) => BatchStore) {
  const storage = await openStorage({ home })
  const troubles: string[] = []
  const { responses, files, batches } = storage
  const kept = await openKept({
    home,
    stores: batchStore === undefined ? storage : { responses, files, batches: batchStore(batches) },
    clock: { now: () => Date.now() + ahead },
    responses: { days: 30, bytesPerAccount: 1000, chainBytes: 1000 },
    files: { mostBytes: 10_000, allBytes: 100_000 },
    onTrouble(error) {
      throw error
    },
    batches: {
      parallel: 2,
      mostLineBytes: 1000,
      onOver: () => {},
      onTrouble(_batch, error) {
        if (batchStore === undefined) throw error
        troubles.push(asElpisError(error).code)
      },
    },
  })
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    await kept.close()
    await storage.close()
  }
  onTestFinished(close)
  return { kept, storage, close, troubles }
}

async function leave({ files }: Kept, content: string, seconds = 30 * 86_400) {
  async function* bytes() {
    yield Buffer.from(content)
  }
  return await files.create({ account, subject }, bytes(), () => Promise.resolve({ name: 'input', seconds }))
}

async function ordered(kept: Kept, content: string) {
  const { id } = await leave(kept, content)
  return await kept.batches.create(keyId, {
    subject,
    endpoint: '/v1/completions',
    inputFile: id,
    metadata: null,
  })
}

async function over({ batches }: Kept, id: string) {
  const status = async () => (await batches.find(keyId, id)).status
  await expect.poll(status, { interval: 10, timeout: 30_000 }).toMatch(/completed|failed|expired|cancelled/)
  return await batches.find(keyId, id)
}

async function lines({ files }: Kept, id: string | null): Promise<Record<string, unknown>[]> {
  if (id === null) return []
  const chunks = await Array.fromAsync<Buffer>(files.content(await files.find(account, id)))
  const text = Buffer.concat(chunks).toString().trimEnd()
  return text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** A line is its own id; `slow` ones are never answered. */
const door: BatchDoor = {
  read: (bytes) => ({ customId: bytes?.toString() ?? null, body: null }),
  async answer({ customId }, { signal }) {
    const requestId = 'req_1'
    if (customId?.startsWith('slow') !== true) return { requestId, status: 200, body: customId, error: null }
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    return { requestId, status: 499, body: null, error: elpisError('client_left') }
  },
}

test('a batch whose time is up says so for every line that has no answer', async () => {
  const home = freshHome()
  const first = await opened(home)
  await first.kept.batches.start(door)
  const { id } = await ordered(first.kept, 'a\nslow 1\nb\nslow 2\nc\nd')
  await expect.poll(async () => (await first.kept.batches.find(keyId, id)).counts.completed).toBe(2)
  await first.close()

  const second = await opened(home, day - 300)
  await second.kept.batches.start(door)
  const batch = await over(second.kept, id)
  expect(batch.status).toBe('expired')
  expect(batch.counts).toEqual({ total: 6, completed: 2, failed: 4 })
  expect(batch.reached.expired).toBeGreaterThanOrEqual(batch.expiresAt)
  expect((await lines(second.kept, batch.outputFile)).map((line) => line['custom_id'])).toEqual(['a', 'b'])
  expect(await lines(second.kept, batch.errorFile)).toEqual(
    ['slow 1', 'slow 2', 'c', 'd'].map((customId) =>
      expect.objectContaining({
        custom_id: customId,
        response: null,
        error: expect.objectContaining({ code: 'batch_expired' }) as unknown,
      }),
    ),
  )
})

test('a line that was written by half when the server was killed is answered again, the others are not', async () => {
  const home = freshHome()
  const first = await opened(home)
  await first.kept.batches.start(door)
  const { id, outputBlob } = await ordered(first.kept, 'a\nb\nslow')
  await expect.poll(async () => (await first.kept.batches.find(keyId, id)).counts.completed).toBe(2)
  await first.close()
  await appendFile(join(home, 'files', outputBlob), '{"id":"batch_req_x_2","custom_id":"sl')

  const second = await opened(home)
  const answered: unknown[] = []
  await second.kept.batches.start({
    ...door,
    async answer({ customId }) {
      answered.push(customId)
      return { requestId: 'req_2', status: 200, body: customId, error: null }
    },
  })
  const batch = await over(second.kept, id)
  expect(batch.counts).toEqual({ total: 3, completed: 3, failed: 0 })
  expect(answered).toEqual(['slow'])
  const results = await lines(second.kept, batch.outputFile)
  expect(results.map((line) => line['custom_id'])).toEqual(['a', 'b', 'slow'])
})

test('a batch that was cancelled while the server was down ends when it is back', async () => {
  const home = freshHome()
  const first = await opened(home)
  // Never started: as if it was killed before.
  const { id } = await ordered(first.kept, 'a\nb')
  expect((await first.kept.batches.cancel(keyId, id)).status).toBe('cancelling')
  await first.close()
  const second = await opened(home)
  await second.kept.batches.start(door)
  expect((await over(second.kept, id)).status).toBe('cancelled')
})

test('a key that lost its access ends its batch; what was answered stays', async () => {
  const { kept } = await opened(freshHome())
  const asked: unknown[] = []
  await kept.batches.start({
    ...door,
    async answer({ customId }, call) {
      asked.push(customId)
      if (customId !== 'c') return await door.answer({ customId, body: null }, call)
      return { requestId: 'r', status: 401, body: null, error: elpisError('key_revoked') }
    },
  })
  const { id } = await ordered(kept, 'a\nb\nc\nslow\nd\ne\nf')
  const batch = await over(kept, id)
  expect(batch).toMatchObject({ status: 'failed', failure: { code: 'key_revoked' } })
  expect((await lines(kept, batch.outputFile)).map((line) => line['custom_id'])).toEqual(['a', 'b'])
  expect(asked).not.toContain('e')
})

/** The store of batches, whose `update` fails while it is told to. */
function failing(when: (batch: StoredBatch) => boolean): (store: BatchStore) => BatchStore {
  return (store) => ({
    insert: (batch, most) => store.insert(batch, most),
    find: (key, id) => store.find(key, id),
    list: (key, page) => store.list(key, page),
    open: () => store.open(),
    prune: (before) => store.prune(before),
    async update(batch, files) {
      if (when(batch)) throw elpisError('storage_busy', { file: 'elpis.db' })
      return await store.update(batch, files)
    },
  })
}

test('a batch goes on when how far it is cannot be stored', async () => {
  const { kept, troubles } = await opened(
    freshHome(),
    0,
    failing(({ status }) => status === 'in_progress'),
  )
  await kept.batches.start(door)
  const { id } = await ordered(kept, 'a\nb\nc')
  const batch = await over(kept, id)
  expect(batch).toMatchObject({ status: 'completed', counts: { total: 3, completed: 3, failed: 0 } })
  expect(await lines(kept, batch.outputFile)).toHaveLength(3)
  expect(troubles.length).toBeGreaterThan(0)
})

test('a batch whose end cannot be stored is tried again, and every line is answered once', async () => {
  let failures = 2
  const { kept, troubles } = await opened(
    freshHome(),
    0,
    failing(({ status }) => status === 'completed' && failures-- > 0),
  )
  const asked: unknown[] = []
  await kept.batches.start({
    ...door,
    async answer(line, call) {
      asked.push(line.customId)
      return await door.answer(line, call)
    },
  })
  const { id } = await ordered(kept, 'a\nb')
  const batch = await over(kept, id)
  expect(batch).toMatchObject({ status: 'completed', counts: { total: 2, completed: 2, failed: 0 } })
  expect(await lines(kept, batch.outputFile)).toHaveLength(2)
  expect(asked).toHaveLength(2)
  expect(new Set(asked)).toEqual(new Set(['a', 'b']))
  expect(troubles).toEqual(['storage_busy', 'storage_busy'])
})

test('a batch that waits for the storage can be cancelled', async () => {
  let failures = 1
  const { kept, troubles } = await opened(
    freshHome(),
    0,
    failing(({ status }) => status === 'completed' && failures-- > 0),
  )
  await kept.batches.start(door)
  const { id } = await ordered(kept, 'a')
  await expect.poll(() => troubles, { timeout: 10_000 }).toEqual(['storage_busy'])
  expect(await kept.batches.cancel(keyId, id)).toMatchObject({ status: 'cancelling' })
  expect(await over(kept, id)).toMatchObject({ status: 'cancelled', counts: { completed: 1 } })
})

test('a disk that is full ends a batch with the reason, and what was answered stays', async () => {
  const home = freshHome()
  const { kept } = await opened(home)
  for (let index = 0; index < 9; index++) await leave(kept, 'x'.repeat(10_000))
  await kept.batches.start({
    ...door,
    answer: async () => ({ requestId: 'r', status: 200, body: 'x'.repeat(4000), error: null }),
  })
  const { id } = await ordered(kept, 'a\nb\nc\nd\ne')
  const batch = await over(kept, id)
  expect(batch).toMatchObject({ status: 'failed', failure: { code: 'files_full' } })
  expect(batch.counts.completed).toBeGreaterThan(0)
  expect(await lines(kept, batch.outputFile)).toHaveLength(batch.counts.completed)
})

test('files go when their time is up, but not under a batch; leftovers go at the start', async () => {
  const home = freshHome()
  const first = await opened(home)
  await leave(first.kept, 'short', 3600)
  await first.kept.batches.start(door)
  const input = await leave(first.kept, 'slow', 3600)
  const order = { subject, endpoint: '/v1/completions', inputFile: input.id, metadata: null } as const
  const { id } = await first.kept.batches.create(keyId, order)
  await first.close()
  const leftover = 'ab'.repeat(20)
  writeFileSync(join(home, 'files', leftover), 'x')
  writeFileSync(join(home, 'files', 'not ours'), 'x')

  const second = await opened(home, 7_200_000)
  expect(readdirSync(join(home, 'files'))).not.toContain(leftover)
  await second.kept.files.prune()
  await expect(second.kept.files.find(account, input.id)).rejects.toMatchObject({ code: 'kept_not_found' })
  expect(readdirSync(join(home, 'files'))).toContain(input.blob)
  await second.kept.batches.start({
    ...door,
    answer: async () => ({ requestId: 'r', status: 200, body: 1, error: null }),
  })
  const { outputBlob, counts } = await over(second.kept, id)
  expect(counts.completed).toBe(1)
  await second.kept.files.prune()
  expect(readdirSync(join(home, 'files')).toSorted()).toEqual([outputBlob, 'not ours'].toSorted())
})

test('what has expired goes by itself, with no write', async () => {
  const home = freshHome()
  const first = await opened(home)
  await first.kept.responses.keep(
    { account, subject },
    { id: 'resp_1' as ResponseId, previousId: null, content: 'quiet' },
  )
  const file = await leave(first.kept, 'quiet', 3600)
  await first.close()
  const second = await opened(home, 31 * day)
  expect(readdirSync(join(home, 'files'))).not.toContain(file.blob)
  await second.close()
  expect(readFileSync(join(home, 'elpis.db'), 'latin1')).not.toContain('quiet')
})

test('a batch of somebody who is erased ends while it runs, and nothing of it stays', async () => {
  const home = freshHome()
  const { kept, storage } = await opened(home)
  await kept.batches.start(door)
  const { id: running } = await ordered(kept, 'a\nslow')
  await expect.poll(async () => (await kept.batches.find(keyId, running)).counts.completed).toBe(1)
  expect(readdirSync(join(home, 'files'))).toHaveLength(3)
  await storage.subjects.erase(subject, null)
  await kept.sweep()
  expect(readdirSync(join(home, 'files'))).toEqual([])
  await expect(kept.batches.find(keyId, running)).rejects.toMatchObject({ code: 'kept_not_found' })
  expect(await storage.files.all()).toEqual([])
})

test('a batch that another server deleted leaves no results', async () => {
  const home = freshHome()
  const { kept, storage } = await opened(home)
  let letGo = () => {}
  const going = new Promise<void>((resolve) => (letGo = resolve))
  await kept.batches.start({
    ...door,
    async answer() {
      await going
      return { requestId: 'r', status: 200, body: 1, error: null }
    },
  })
  await ordered(kept, 'a')
  await expect.poll(() => readdirSync(join(home, 'files')).length).toBe(3)
  await storage.subjects.erase(subject, null)
  letGo()
  await expect.poll(() => readdirSync(join(home, 'files')).length).toBe(1)
  expect(await storage.files.all()).toEqual([])
  await kept.sweep()
  expect(readdirSync(join(home, 'files'))).toEqual([])
})

test('a sweep leaves what is just being written', async () => {
  const { kept } = await opened(freshHome())
  async function* slowly() {
    yield Buffer.from('one ')
    await kept.sweep()
    yield Buffer.from('two')
  }
  const described = async () => {
    await kept.sweep()
    return { name: 'input', seconds: 3600 }
  }
  const file = await kept.files.create({ account, subject }, slowly(), described)
  await kept.sweep()
  const chunks = await Array.fromAsync<Buffer>(kept.files.content(file))
  expect(Buffer.concat(chunks).toString()).toBe('one two')
})
