/** What `elpis audit` does, as it is typed: on a home with a short log, beside no server. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { apiServer } from './support/api-server.ts'
import { elpis, freshHome, startElpis } from './support/elpis.ts'
import { fakeEngine } from './support/fake-engine.ts'

/** A home whose log holds one request and one act; what an outsider has of it lies in files beside. */
async function usedHome() {
  const home = freshHome()
  await using server = await apiServer(fakeEngine(), { home: home.path })
  const save = async (name: string, path: string) => {
    const file = join(home.path, name)
    writeFileSync(file, await (await server.fetch(path)).text())
    return file
  }
  const answer = await server.post('/v1/chat/completions', {
    model: 'fake:1b',
    messages: [{ role: 'user', content: 'What is in the box?' }],
  })
  await answer.text()
  const id = answer.headers.get('elpis-receipt') ?? ''
  const receipt = await save('receipt', `/v1/receipts/${id}`)
  const key = await save('log.pub', '/log/key')
  const monday = await save('monday.checkpoint', '/log/checkpoint')
  await server.audit.acts.record({ kind: 'key-created', by: 'owner', about: 'key_1', details: {} })
  await server.audit.close()
  const statement = await save('statement.json', '/log/transparency')
  const audit = async (...words: string[]) => {
    const { code, stdout, stderr } = await elpis(home, ['audit', ...words])
    return { code, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> }
  }
  return {
    home,
    audit,
    id,
    key,
    receipt,
    monday,
    statement,
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  }
}

test('an export is a line of JSON an entry, and a copy of the log verifies like the log', async () => {
  await using given = await usedHome()
  const { audit, home, id, key, monday, statement } = given
  const folder = join(home.path, 'copy')
  const lines = (await audit('export')).stdout.trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['request', 'act'])
  expect(lines[0]).toContain(id)
  expect((await audit('export', '--copy', folder, '--json')).json()).toMatchObject({ folder })
  const table = join(home.path, 'entries.parquet')
  const written = await audit('export', '--format', 'parquet', '--out', table, '--json')
  expect(written.json()).toEqual({ file: table, entries: 4 })
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(table) })
  expect(rows[0]).toMatchObject({ type: 'request', id, outcome: 'finished' })
  expect((await audit('export', '--format', 'parquet')).code).toBe(2)
  for (const place of [[], [folder]]) {
    const report = await audit('verify', 'log', ...place, '--key', key, '--json')
    expect([report.code, report.json()]).toMatchObject([0, { ok: true, requests: 1 }])
  }
  const grown = await audit('verify', 'consistency', monday, folder, '--key', key, '--json')
  expect([grown.code, grown.json()]).toEqual([0, { ok: true, problem: null }])

  const said = await audit('verify', 'transparency', statement, folder, '--key', key, '--json')
  expect([said.code, said.json()]).toMatchObject([0, { ok: true, counted: true }])
  const plain = await audit('verify', 'transparency', statement, '--key', key)
  expect([plain.code, plain.stdout]).toMatchObject([0, expect.stringContaining('unwitnessed.')])
  writeFileSync(statement, readFileSync(statement, 'utf8').replaceAll('"requests\\":1', '"requests\\":7'))
  expect((await audit('verify', 'transparency', statement, '--key', key, '--json')).code).toBe(6)

  // A copy with an entry that was changed.
  const bundle = join(folder, 'tile/entries/000.p', '3')
  writeFileSync(bundle, readFileSync(bundle, 'utf8').replace('"finished"', '"failed__"'))
  const spoilt = await audit('verify', 'log', folder, '--key', key, '--json')
  expect([spoilt.code, spoilt.json()]).toMatchObject([6, { ok: false }])
}, 120_000)

test('what is too old goes, and so does what somebody said; both are entries', async () => {
  await using given = await usedHome()
  const { audit, home, key } = given
  const database = new DatabaseSync(join(home.path, 'elpis.db'))
  const { subject } = database.prepare('select subject from audit_subjects').get() as { subject: string }
  expect((await audit('retain', '--json')).json()).toEqual({ deleted: 0 })
  database.exec('update audit_content set expires_at = 1')
  database.close()
  expect((await audit('retain', '--json')).json()).toEqual({ deleted: 1 })
  expect((await audit('erase', subject, '--json')).json()).toEqual({ erased: subject })
  const again = await audit('erase', subject)
  expect([again.code === 0, again.stderr]).toEqual([false, expect.stringContaining(subject)])
  const { stdout } = await audit('export')
  for (const kind of ['retention-applied', 'content-erased']) expect(stdout).toContain(`"kind":"${kind}"`)
  expect((await audit('verify', 'log', '--key', key, '--json')).code).toBe(0)
}, 120_000)

test('a witness signs a checkpoint of a log that it watches, and its signature counts', async () => {
  await using given = await usedHome()
  const { audit, home, key, monday, receipt } = given
  const words = ['audit', 'witness', '--log', key, '--port', '0', '--name', 'friend.example', '--json']
  const watching = startElpis(home, words)
  const over = once(watching, 'close')
  try {
    const [line] = (await once(createInterface({ input: watching.stdout as Readable }), 'line')) as [string]
    const { url, key: witness } = JSON.parse(line) as { url: string; key: string }
    const answer = await fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      body: `old 0\n\n${readFileSync(monday, 'utf8')}`,
    })
    expect(answer.status).toBe(200)
    expect((await audit('verify', 'receipt', receipt, '--key', key, '--witness', witness)).code).toBe(6)
    writeFileSync(receipt, readFileSync(receipt, 'utf8') + (await answer.text()))
    const seen = await audit('verify', 'receipt', receipt, '--key', key, '--witness', witness, '--json')
    expect([seen.code, seen.json()]).toMatchObject([0, { witnesses: ['friend.example'] }])
  } finally {
    watching.kill('SIGTERM')
    await over
  }
}, 120_000)
