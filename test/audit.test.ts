import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { folderLog, servedLog } from '../src/audit/log-sources.ts'
import { parseVerifierKey, type VerifierKey } from '../src/audit/note.ts'
import { parseBundle } from '../src/audit/tile.ts'
import { verifyLog } from '../src/audit/verify-log.ts'
import { opens, verifyReceipt } from '../src/audit/verify-receipt.ts'
import { apiServer, serving, type ApiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'elpis-audit-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function keyOf(server: ApiServer): Promise<VerifierKey> {
  const key = parseVerifierKey(await (await fetch(`${server.url}/log/key`)).text())
  if (key === null) throw new Error('The log has no key.')
  return key
}

const question = { model: 'fake:1b', messages: [{ role: 'user', content: 'What is in the box?' }] }

describe('an answer leaves one entry', () => {
  test('and a receipt that its owner can check offline, and open', async () => {
    await using both = await serving()
    const { server } = both
    const answer = await server.post('/v1/chat/completions', question)
    const text = ((await answer.json()) as { choices: { message: { content: string } }[] }).choices[0]
    const id = answer.headers.get('elpis-receipt') ?? ''
    const receipt = await (await server.fetch(`/v1/receipts/${id}`)).text()
    const report = verifyReceipt(receipt, await keyOf(server))
    expect(report).toMatchObject({
      ok: true,
      entry: { id, outcome: 'finished', model: 'fake:1b', kind: 'answer' },
    })
    const { entry, salt } = report
    if (entry?.type !== 'request' || salt === null) throw new Error('It is no entry of a request.')
    const prompt = { kind: 'chat', messages: question.messages }
    expect(opens(entry.prompt, salt, 'prompt', prompt)).toBe(true)
    expect(opens(entry.prompt, salt, 'prompt', { ...prompt, kind: 'text' })).toBe(false)
    const said = { text: text?.message.content, reasoning: '', calls: [], reason: 'stop' }
    expect(opens(entry.output, salt, 'output', [said])).toBe(true)
    expect(JSON.stringify(entry)).not.toMatch(/box/)
    expect(verifyReceipt(receipt.replace(/^index 0$/m, 'index 1'), await keyOf(server)).ok).toBe(false)
  })

  test('streamed as well, and when it fails', async () => {
    await using both = await serving(async function* () {
      yield { type: 'start', promptTokens: 3, cachedTokens: 0 }
      throw new Error('the engine broke')
    })
    const { server } = both
    const answer = await server.post('/v1/chat/completions', { ...question, stream: true })
    await answer.text()
    const id = answer.headers.get('elpis-receipt') ?? ''
    const receipt = await (await server.fetch(`/v1/receipts/${id}`)).text()
    expect(verifyReceipt(receipt, await keyOf(server)).entry).toMatchObject({ id, outcome: 'failed' })
  })

  test('which nobody else gets to see', async () => {
    await using both = await serving()
    const { server } = both
    const answer = await server.post('/v1/chat/completions', question)
    const { key } = await server.access.createKey('somebody else')
    const other = await server.fetch(`/v1/receipts/${answer.headers.get('elpis-receipt') ?? ''}`, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(other.status).toBe(404)
  })
})

describe('the log that is served', () => {
  test('is whole, and public but for its entries', async () => {
    await using both = await serving()
    const { server } = both
    await Promise.all(Array.from({ length: 300 }, () => server.post('/v1/chat/completions', question)))
    await server.audit.acts.record({ kind: 'key-created', by: 'owner', about: 'key_1', details: {} })
    await server.audit.close()
    const key = await keyOf(server)
    expect(await verifyLog({ source: server.audit.log, key })).toMatchObject({
      ok: true,
      size: 301,
      requests: 300,
      acts: 1,
    })
    const open = servedLog(`${server.url}/log`, null)
    expect(await verifyLog({ source: open, key, hashesOnly: true })).toMatchObject({
      ok: true,
      requests: null,
    })
    expect((await fetch(`${server.url}/log/tile/entries/000`)).status).toBe(401)
    expect((await server.fetch('/log/tile/entries/000')).status).toBe(403)
    const { token } = await server.access.createSignInLink()
    const { cookie } = await server.access.signIn({ token })
    const owner = { headers: { cookie: `elpis_session=${cookie}` } }
    const bundle = await (await fetch(`${server.url}/log/tile/entries/000`, owner)).bytes()
    expect(parseBundle(bundle, 256)?.length).toBe(256)
    expect((await fetch(`${server.url}/log/tile/0/000.p/3`)).status).toBe(200)
    for (const path of ['0/001.p/200', '1/000.p/2', '2/000.p/1', '9', '0/../checkpoint']) {
      expect((await server.fetch(`/log/tile/${path}`)).status).toBe(404)
    }
  })

  test('tells when anything in the database was changed', async () => {
    const home = folder()
    {
      await using server = await apiServer(fakeEngine(), { home })
      for (let count = 0; count < 5; count++) await server.post('/v1/chat/completions', question)
    }
    const database = new DatabaseSync(join(home, 'elpis.db'))
    database.exec(
      `update audit_leaves set body = replace(body, '"output":', '"output" :') where position = 3`,
    )
    database.close()
    await using server = await apiServer(fakeEngine(), { home })
    const report = await verifyLog({ source: server.audit.log, key: await keyOf(server) })
    expect(report.ok).toBe(false)
    expect(report.problems.join()).toContain('entry 3')
  })

  test('in a folder without anything is no log', async () => {
    const path = folder()
    writeFileSync(join(path, 'checkpoint'), 'nothing\n')
    await using both = await serving()
    expect(await verifyLog({ source: folderLog(path), key: await keyOf(both.server) })).toMatchObject({
      ok: false,
    })
  })
})
