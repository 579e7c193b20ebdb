/** What the stores of kept things promise, whatever database is under them. */
import { describe, expect, test } from 'vitest'
import type {
  Account,
  BatchId,
  FileId,
  KeyId,
  PersonId,
  ResponseId,
  SubjectName,
} from '../../src/core/ids.ts'
import { homeOrganisation } from '../../src/core/principal.ts'
import type { StoredBatch, StoredFile, StoredResponse } from '../../src/kept/store.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { storedKey } from './stored.ts'

const [mine, theirs] = ['key_mine', 'key_theirs'] as Account[] as [Account, Account]
const keyId = mine as string as KeyId
const subject = 'key:key_mine' as SubjectName

function response(id: string, changes: Partial<StoredResponse> = {}): StoredResponse {
  return {
    id: id as ResponseId,
    account: mine,
    subject,
    previousId: null,
    createdAt: 1000,
    expiresAt: 2000,
    bytes: 10,
    content: `{"id":"${id}"}`,
    ...changes,
  }
}

function file(id: string, changes: Partial<StoredFile> = {}): StoredFile {
  return {
    id: id as FileId,
    account: mine,
    subject,
    name: `../${id}`,
    purpose: 'batch',
    bytes: 5,
    createdAt: 1000,
    expiresAt: 2000,
    blob: `blob-${id}`,
    ...changes,
  }
}

function batch(id: string, changes: Partial<StoredBatch> = {}): StoredBatch {
  return {
    id: id as BatchId,
    keyId,
    subject,
    endpoint: '/v1/responses',
    inputFile: 'file-1' as FileId,
    status: 'validating',
    createdAt: 1000,
    expiresAt: 90_000,
    reached: {},
    counts: { total: 0, completed: 0, failed: 0 },
    outputBlob: 'out',
    errorBlob: 'err',
    outputFile: null,
    errorFile: null,
    failure: null,
    metadata: null,
    ...changes,
  }
}

const page = { after: null, limit: 10, order: 'asc' as const }

/** @param opened a fresh storage, closed when the test ends */
export function keptContract(database: string, opened: () => Promise<Storage>): void {
  describe(`what is kept in ${database}`, () => {
    test('answers are found by their account until they expire', async () => {
      const { responses } = await opened()
      const one = response('resp_1', { content: '{"text":"\u{1F33B}\\u0000"}' })
      await responses.insert(one, 1000)
      expect(await responses.find(mine, one.id, 1999)).toEqual(one)
      expect(await responses.find(mine, one.id, 2000)).toBeNull()
      expect(await responses.find(theirs, one.id, 1500)).toBeNull()
      expect(await responses.delete(theirs, one.id, 1500)).toBe(false)
      expect(await responses.delete(mine, one.id, 1500)).toBe(true)
      expect(await responses.delete(mine, one.id, 1500)).toBe(false)
      await responses.insert(one, 1000)
      await responses.prune(2000)
      expect(await responses.find(mine, one.id, 1500)).toBeNull()
    })

    test('a conversation is whole, of one account, and bounded, or it is not there', async () => {
      const { responses } = await opened()
      const ids = ['resp_1', 'resp_2', 'resp_3'] as ResponseId[] as [ResponseId, ResponseId, ResponseId]
      for (const [index, id] of ids.entries()) {
        await responses.insert(response(id, { previousId: ids[index - 1] ?? null }), 1000)
      }
      const bounds = { links: 3, bytes: 30 }
      const chain = await responses.chain(mine, ids[2], 1500, bounds)
      expect(Array.isArray(chain) && chain.map(({ id }) => id)).toEqual(ids)
      expect(await responses.chain(mine, ids[2], 1500, { links: 2, bytes: 30 })).toBe('too-long')
      expect(await responses.chain(mine, ids[2], 1500, { links: 3, bytes: 29 })).toBe('too-long')
      expect(await responses.chain(theirs, ids[2], 1500, bounds)).toBeNull()
      await responses.delete(mine, ids[0], 1500)
      expect(await responses.chain(mine, ids[2], 1500, bounds)).toBeNull()
    })

    test('the oldest answers of an account make room, and only those', async () => {
      const { responses } = await opened()
      await responses.insert(response('resp_theirs', { account: theirs }), 30)
      for (let index = 0; index < 5; index++) {
        await responses.insert(response(`resp_${index}`, { createdAt: 1000 + index }), 30)
      }
      const kept = async (id: string) => (await responses.find(mine, id as ResponseId, 1500)) !== null
      expect(await Promise.all([0, 1, 2, 3, 4].map((index) => kept(`resp_${index}`)))).toEqual([
        false,
        false,
        true,
        true,
        true,
      ])
      expect(await responses.find(theirs, 'resp_theirs' as ResponseId, 1500)).not.toBeNull()
      await responses.insert(response('resp_huge', { bytes: 31, createdAt: 900 }), 30)
      expect(await kept('resp_huge')).toBe(true)
      expect(await kept('resp_4')).toBe(false)
    })

    test('files are listed in pages, by account and purpose', async () => {
      const { files } = await opened()
      const all = [1, 2, 3].map((index) => file(`file-${index}`, { createdAt: 1000 + (index >> 1) }))
      for (const one of all) await files.insert(one)
      await files.insert(file('file-4', { purpose: 'batch_output' }))
      await files.insert(file('file-5', { account: theirs }))
      const ids = async (changes: object, purpose: 'batch' | null = 'batch') =>
        (await files.list(mine, { ...page, ...changes }, purpose, 1500))?.map(({ id }) => id)
      expect(await ids({})).toEqual(['file-1', 'file-2', 'file-3'])
      expect(await ids({ order: 'desc', limit: 2 })).toEqual(['file-3', 'file-2'])
      expect(await ids({ after: 'file-2' })).toEqual(['file-3'])
      expect(await ids({ after: 'file-2', order: 'desc' })).toEqual(['file-1'])
      expect(await ids({}, null)).toEqual(['file-1', 'file-4', 'file-2', 'file-3'])
      expect(await ids({ after: 'file-5' })).toBeUndefined()
      expect(await files.list(mine, page, null, 2000)).toEqual([])
      expect(await files.find(mine, 'file-1' as FileId, 1500)).toEqual(all[0])
      expect(await files.find(theirs, 'file-1' as FileId, 1500)).toBeNull()
      expect(await files.delete(theirs, 'file-1' as FileId)).toBe(false)
      expect(await files.delete(mine, 'file-1' as FileId)).toBe(true)
      expect((await files.all()).map(({ id }) => id)).toEqual(['file-2', 'file-3', 'file-4', 'file-5'])
    })

    test('batches come back as they were, with their results or without a change', async () => {
      const { batches, files } = await opened()
      const one = batch('batch_1', { metadata: { a: 'b' } })
      expect(await batches.insert(one, 2)).toBe(true)
      expect(await batches.insert(batch('batch_2', { createdAt: 1001 }), 2)).toBe(true)
      expect(await batches.insert(batch('batch_3'), 2)).toBe(false)
      expect(await batches.find(keyId, one.id)).toEqual(one)
      expect(await batches.find('key_theirs' as KeyId, one.id)).toBeNull()
      expect((await batches.open()).map(({ id }) => id)).toEqual(['batch_1', 'batch_2'])
      const over: StoredBatch = {
        ...one,
        status: 'failed',
        reached: { failed: 1500 },
        counts: { total: 3, completed: 1, failed: 2 },
        outputFile: 'file-9' as FileId,
        failure: { code: 'key_revoked', message: 'm' },
      }
      // The file's name on disk is taken already: nothing of the update may stay.
      await files.insert(file('file-8', { blob: 'taken' }))
      await expect(batches.update(over, [file('file-9', { blob: 'taken' })])).rejects.toThrow(
        /constraint|duplicate/i,
      )
      expect(await batches.find(keyId, one.id)).toEqual(one)
      expect(await batches.update(over, [file('file-9')])).toBe(true)
      expect(await batches.find(keyId, one.id)).toEqual(over)
      expect((await batches.open()).map(({ id }) => id)).toEqual(['batch_2'])
      expect((await batches.list(keyId, { ...page, order: 'desc' }))?.map(({ id }) => id)).toEqual([
        'batch_2',
        'batch_1',
      ])
      await batches.prune(5000)
      expect(await batches.find(keyId, one.id)).toBeNull()
      expect((await batches.open()).map(({ id }) => id)).toEqual(['batch_2'])
      expect(await batches.update(one, [file('file-10')])).toBe(false)
      expect(await files.find(mine, 'file-10' as FileId, 1500)).toBeNull()
    })

    test('what somebody left goes with them when they are erased, and nothing else does', async () => {
      const { responses, files, batches, subjects } = await opened()
      const endUser = 'user:org_home:ada' as SubjectName
      expect(await subjects.knows(endUser)).toBe(false)
      for (const whose of [subject, endUser]) {
        await responses.insert(response(`resp_${whose}`, { subject: whose }), 1000)
        await files.insert(file(`file-${whose}`, { subject: whose }))
        await batches.insert(batch(`batch_${whose}`, { subject: whose }), 9)
      }
      // Also somebody who never asked anything, and has no key in the log.
      expect(await subjects.knows(endUser)).toBe(true)
      expect(await subjects.erase(endUser, null)).toBe(true)
      expect(await subjects.knows(endUser)).toBe(false)
      expect(await subjects.erase(endUser, null)).toBe(false)
      expect(await responses.find(mine, `resp_${endUser}` as ResponseId, 1500)).toBeNull()
      expect(await responses.find(mine, `resp_${subject}` as ResponseId, 1500)).not.toBeNull()
      expect((await files.all()).map((one) => one.subject)).toEqual([subject])
      expect((await batches.open()).map((one) => one.subject)).toEqual([subject])
    })

    test('what somebody left goes when they are removed, by whichever key or session of theirs', async () => {
      const { responses, files, batches, directory, keys } = await opened()
      const person = {
        id: 'person_ada' as PersonId,
        organisationId: homeOrganisation,
        name: 'Ada',
        email: null,
        role: 'member',
        createdAt: 1000,
      } as const
      await directory.insertPerson(person, null)
      const [own, other] = [storedKey('own'), storedKey('other')]
      await keys.insert({ ...own, personId: person.id }, null)
      await keys.insert(other, null)
      // A key that was revoked before has left things as well.
      await keys.revoke(own.id, 1100, null)
      const accounts = [person.id, own.id, other.id] as string[] as Account[]
      for (const account of accounts) {
        await responses.insert(response(`resp_${account}`, { account }), 1000)
        await files.insert(file(`file-${account}`, { account }))
      }
      for (const key of [own, other]) await batches.insert(batch(`batch_${key.id}`, { keyId: key.id }), 9)
      await directory.removePerson(person.id, 1200, null)
      expect((await files.all()).map(({ account }) => account)).toEqual([other.id])
      expect((await batches.open()).map((one) => one.keyId)).toEqual([other.id])
      const found = accounts.map((account) => responses.find(account, `resp_${account}` as ResponseId, 1500))
      expect((await Promise.all(found)).map((one) => one?.account)).toEqual([undefined, undefined, other.id])
    })
  })
}
