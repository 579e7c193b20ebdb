/** How a server is run, for anybody: signed, and the same as the entries add up to. */
import { expect, test } from 'vitest'
import { openCheckpoint } from '../src/audit/checkpoint.ts'
import { provesConsistency, rootOf } from '../src/audit/merkle.ts'
import { parseVerifierKey, type VerifierKey } from '../src/audit/note.ts'
import { verifyTransparency } from '../src/audit/verify-transparency.ts'
import { parseProof } from '../src/audit/tlog-proof.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'

const question = { model: 'fake:1b', messages: [{ role: 'user', content: 'What is in the box?' }] }

async function keyOf(server: ApiServer): Promise<VerifierKey> {
  const key = parseVerifierKey(await (await fetch(`${server.url}/log/key`)).text())
  if (key === null) throw new Error('The log has no key.')
  return key
}

/** A server with a little in its log, under a checkpoint. */
async function used() {
  const server = await apiServer(fakeEngine())
  await server.post('/v1/chat/completions', question)
  const acts: Parameters<ApiServer['audit']['acts']['record']>[0][] = [
    { kind: 'settings-in-force', by: 'server', about: null, details: {} },
    { kind: 'policy-changed', by: 'server', about: 'old', details: { version: 'a', when: 'start' } },
    { kind: 'settings-in-force', by: 'server', about: null, details: {} },
    { kind: 'policy-changed', by: 'server', about: 'standard', details: { version: 'b', when: 'start' } },
    { kind: 'policy-changed', by: 'server', about: 'standard', details: { version: 'c', when: 'reload' } },
    { kind: 'policy-changed', by: 'server', about: 'unused', details: { version: 'd', when: 'reload' } },
    { kind: 'standing-changed', by: 'ladder', about: 'key:1', details: { rung: 'warned' } },
    { kind: 'standing-changed', by: 'rob', about: 'key:1', details: { rung: 'banned' } },
    { kind: 'standing-changed', by: 'rob', about: 'key:1', details: { rung: 'banned', lifted: true } },
    { kind: 'appeal-opened', by: 'key:1', about: 'key:1', details: {} },
    { kind: 'appeal-decided', by: 'ann', about: 'key:1', details: { overturned: true } },
    { kind: 'content-read', by: 'rob', about: 'ent_1', details: { reason: 'case 7' } },
  ]
  for (const act of acts) await server.audit.acts.record(act)
  await server.audit.close()
  return server
}

test('a statement is for anybody, says what the log holds, and is signed', async () => {
  await using server = await used()
  const answer = await fetch(`${server.url}/transparency`)
  const text = await answer.text()
  const key = await keyOf(server)
  const report = await verifyTransparency(text, key, server.audit.log)
  expect(report).toMatchObject({
    ok: true,
    counted: true,
    statement: {
      size: 13,
      requests: 1,
      blocked: 0,
      witnesses: [],
      policies: [{ name: 'standard', version: 'c' }],
      standing: { warned: 1, restricted: 0, suspended: 0, banned: 1, lifted: 1 },
      appeals: { opened: 1, decided: 1, overturned: 1 },
      content: { read: 1, erased: 0, exported: 0 },
      retention: { keep: 'all', days: 30 },
    },
  })
  expect(await (await fetch(`${server.url}/log/transparency`)).json()).toHaveProperty('note')
  const page = await fetch(`${server.url}/transparency`, { headers: { accept: 'text/html' } })
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])

  // Whoever changes a word of it, or counts otherwise, is found out.
  const lied = await verifyTransparency(
    text.replaceAll('"banned":1', '"banned":0').replaceAll('\\"banned\\":1', '\\"banned\\":0'),
    key,
    null,
  )
  expect(lied).toMatchObject({ ok: false, statement: null })
  const source = server.audit.log
  const fewer = {
    checkpoint: () => source.checkpoint(),
    tile: async (name: Parameters<typeof source.tile>[0]) =>
      name.level === 'entries' ? null : await source.tile(name),
  }
  expect(await verifyTransparency(text, key, fewer)).toMatchObject({ ok: false })
})

test('a proof shows that the log only grew since a size that one knows', async () => {
  await using server = await used()
  const key = await keyOf(server)
  const of = async (old: number) =>
    (await (await fetch(`${server.url}/log/consistency?old=${old}`)).json()) as {
      checkpoint: string
      proof: string[]
    }
  const { checkpoint, proof } = await of(5)
  const now = openCheckpoint(checkpoint, key)
  if (now === null) throw new Error('It is not signed.')
  // The tree of 5 entries, from the hashes that anybody can read.
  const hashes = await (await fetch(`${server.url}/log/tile/0/000.p/13`)).bytes()
  const leaves = Array.from({ length: 5 }, (_, place) => hashes.subarray(place * 32, place * 32 + 32))
  const path = proof.map((hash) => Buffer.from(hash, 'base64'))
  expect(provesConsistency({ size: 5, root: rootOf(leaves) }, now, path)).toBe(true)
  expect((await of(0)).proof).toEqual([])
  expect((await of(13)).proof).toEqual([])
  expect((await of(99)).proof).toEqual([])
  for (const old of ['-1', 'x', '1e3', '']) {
    expect((await fetch(`${server.url}/log/consistency?old=${old}`)).status).toBe(400)
  }
})

test('auditors look at entries with their proofs; those of another organisation see its own requests only', async () => {
  await using server = await used()
  const { directory } = server.access
  const { id: organisation } = await directory.createOrganisation('Acme')
  const auditor = await server.access.createKey('auditor', { role: 'auditor' })
  const theirs = await server.access.createKey('theirs', { role: 'auditor', organisation })
  const asked = async (key: string, path: string) => {
    const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } })
    return { status: response.status, body: (await response.json()) as Record<string, never> }
  }
  expect((await asked(auditor.key, '/v1/admin/log')).body).toMatchObject({ size: 13, signed: 13, open: 0 })
  const { entries } = (await asked(auditor.key, '/v1/admin/log/entries?limit=3')).body as unknown as {
    entries: { position: number; entry: { id: string; kind: string } }[]
  }
  expect(entries.map(({ position }) => position)).toEqual([12, 11, 10])
  const before = (await asked(auditor.key, '/v1/admin/log/entries?before=2')).body
  expect(before).toMatchObject({ entries: [{ position: 1 }, { position: 0 }], next: null })
  const [{ entry } = { entry: { id: '' } }] = entries
  const one = await asked(auditor.key, `/v1/admin/log/entries/${entry.id}`)
  expect(parseProof(one.body['proof'] ?? '')?.index).toBe(12)

  expect((await asked(theirs.key, '/v1/admin/log/entries')).body).toEqual({ entries: [], next: null })
  expect((await asked(theirs.key, `/v1/admin/log/entries/${entry.id}`)).status).toBe(404)
  expect((await asked(theirs.key, '/log/tile/entries/000.p/13')).status).toBe(404)
  const { key } = await server.access.createKey('member of theirs', { organisation })
  await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(question),
  })
  expect((await asked(theirs.key, '/v1/admin/log/entries')).body).toMatchObject({
    entries: [{ position: 13, entry: { type: 'request' } }],
  })
})
