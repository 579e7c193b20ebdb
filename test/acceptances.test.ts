/** Licences and terms that must be accepted, on SQLite and a real Postgres, and at the doors. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Demands, Document } from '../src/access/acceptances/acceptances.ts'
import { createAccess } from '../src/access/create-access.ts'
import { systemClock } from '../src/core/clock.ts'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { apiServer } from './support/api-server.ts'
import { elpis, freshHome, serveElpis } from './support/elpis.ts'
import { fakeEngine } from './support/fake-engine.ts'
import { keptActs } from './support/kept-acts.ts'
import { postgresForTests } from './support/postgres.ts'
import { tinyModel } from './tiny-models/families.ts'
import { text } from './tiny-models/gguf-writer.ts'

const licence: Document = {
  name: 'licence:x',
  title: 'X',
  link: 'https://x.example',
  text: null,
  version: 'one',
}
const asking = { model: 'fake:1b', kind: 'tokenize', work: null, request: null } as const

function demands(who: Demands['who'], version = 'one'): Demands {
  return { who, documents: () => [{ ...licence, version }] }
}

async function acceptedOnceHoldsForThisVersion(open: () => Promise<Storage>): Promise<boolean> {
  const { acts, kept } = keptActs()
  const accessOn = async (version: string) => {
    const storage = await open()
    const access = await createAccess({
      store: storage,
      clock: systemClock,
      demands: demands('people', version),
      acts,
    })
    onTestFinished(async () => {
      await access.close()
      await storage.close()
    })
    return access
  }
  const access = await accessOn('one')
  const { id } = await access.directory.addPerson({ name: 'Ada', email: null, role: 'member' })
  const [one, other] = [
    await access.createKey('one', { person: 'Ada' }),
    await access.createKey('other', { person: 'Ada' }),
  ]
  const ofAll = await access.createKey('of all')
  const ask = async (bearer: string, at = access) =>
    (await at.admit({ bearer, cookie: null }, asking)).release()
  await ask(ofAll.key)
  await expect(ask(one.key)).rejects.toMatchObject({ code: 'acceptance_required', status: 403 })
  const ada = await access.enter({ bearer: one.key, cookie: null }, { needs: 'self', path: '/v1/me' })
  await expect(access.acceptances.accept('licence:x', 'none', ada)).rejects.toMatchObject({
    code: 'document_changed',
  })
  const { acceptedAt } = await access.acceptances.accept('licence:x', 'one', ada)
  expect((await access.acceptances.accept('licence:x', 'one', ada)).acceptedAt).toBe(acceptedAt)
  expect(kept.filter(({ kind }) => kind === 'licence-accepted')).toEqual([
    { kind: 'licence-accepted', by: id, about: 'licence:x', details: { version: 'one' } },
  ])
  await ask(one.key)
  await ask(other.key)
  await ask(other.key, await accessOn('one'))
  await expect(ask(other.key, await accessOn('two'))).rejects.toMatchObject({ code: 'acceptance_required' })
  return true
}

test('once accepted holds for all keys of a person, for this version, on SQLite', async () => {
  const home = mkdtempSync(join(tmpdir(), 'elpis-acceptances-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  expect(await acceptedOnceHoldsForThisVersion(() => openStorage({ home }))).toBe(true)
})

const postgres = await postgresForTests()
test.skipIf(postgres === null)('the same on Postgres', async () => {
  const url = (await postgres?.freshDatabase()) ?? ''
  const open = () => openStorage({ home: '/nowhere', storage: { url } })
  expect(await acceptedOnceHoldsForThisVersion(open)).toBe(true)
})

test('a key accepts over HTTP what it is refused for', async () => {
  await using server = await apiServer(fakeEngine(), { demands: demands('always') })
  const ask = () =>
    server.post('/v1/chat/completions', { model: 'fake:1b', messages: [{ role: 'user', content: 'x' }] })
  const refused = await ask()
  expect([refused.status, await refused.json()]).toMatchObject([
    403,
    { error: { code: 'acceptance_required' } },
  ])
  const { documents } = (await (await server.fetch('/v1/me/acceptances')).json()) as {
    documents: { document: string; version: string; accepted_at: string | null }[]
  }
  expect(documents).toMatchObject([{ document: 'licence:x', version: 'one', accepted_at: null }])
  const accept = (document: string, version: string) =>
    server.post('/v1/me/acceptances', { document, version })
  expect((await accept('licence:y', 'one')).status).toBe(404)
  expect((await accept('licence:x', 'zero')).status).toBe(409)
  expect((await accept('licence:x', 'one')).status).toBe(200)
  expect((await ask()).status).toBe(200)
})

test('the owner reads and accepts the terms at the machine, by the digest of their text; the log says so', async () => {
  await using home = freshHome()
  const terms = join(home.path, 'terms.txt')
  writeFileSync(terms, 'Be kind.\n')
  const settings = `[models]\nserve = []\n[access]\nterms = "${terms}"\nrequire_acceptance = "people"\n`
  writeFileSync(join(home.path, 'elpis.toml'), settings)
  await using _server = await serveElpis(home)
  const listed = async () => JSON.parse((await elpis(home, ['licences', 'list', '--json'])).stdout) as object
  const version = createHash('sha256').update('Be kind.\n').digest('hex')
  const document = { document: 'terms', text: 'Be kind.\n', version }
  expect(await listed()).toMatchObject({ documents: [{ ...document, accepted_at: null }] })
  expect((await elpis(home, ['licences', 'accept', 'licence:none'])).code).not.toBe(0)
  const accepted = await elpis(home, ['licences', 'accept', 'terms'])
  expect(accepted.stdout).toBe('Accepted: the terms of this server.\n')
  expect(await listed()).toMatchObject({ documents: [{ ...document, accepted_at: expect.any(String) }] })
  expect((await elpis(home, ['licences', 'list'])).stdout).toContain(version.slice(0, 12))
  const log = async () => (await elpis(home, ['audit', 'export'])).stdout
  await expect.poll(log, { timeout: 60_000 }).toContain(`"details":{"version":"${version}"}`)
}, 120_000)

test('a licence is accepted in the version of the text that came with the weights', async () => {
  await using home = freshHome()
  const place = mkdtempSync(join(tmpdir(), 'elpis-weights-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  writeFileSync(join(place, 'tiny.gguf'), tinyModel('qwen3', 1, { 'general.license': text('gemma') }))
  writeFileSync(join(place, 'LICENSE'), 'You may, if you are kind. \u001b[2J\n')
  const pulled = await elpis(home, ['pull', `file:${join(place, 'tiny.gguf')}`, '--accept-license'])
  expect(pulled).toMatchObject({ code: 0 })
  const acts = (await elpis(home, ['audit', 'export'])).stdout.trim().split('\n')
  expect(acts.map((line) => JSON.parse(line) as object)).toMatchObject([
    { kind: 'licence-accepted', by: 'owner', about: 'gemma' },
    { kind: 'licence-accepted', by: 'owner', about: 'licence:gemma' },
  ])
  const settings = '[models]\nserve = ["tiny"]\n[access]\nrequire_acceptance = "always"\n'
  writeFileSync(join(home.path, 'elpis.toml'), settings)
  await using server = await serveElpis(home, [], { environment: { ELPIS_GUARD_POLICY: 'open' } })
  const made = JSON.parse((await elpis(home, ['keys', 'create', '--name', 'laptop', '--json'])).stdout) as {
    key: string
  }
  const ask = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${made.key}`, 'content-type': 'application/json' }
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${server.url}${path}`, { headers, ...post })
    return [answer.status, await answer.json()] as const
  }
  const question = { model: 'tiny', prompt: 'Hi', max_tokens: 1 }
  expect(await ask('/v1/completions', question)).toMatchObject([
    403,
    { error: { code: 'acceptance_required' } },
  ])
  const version = createHash('sha256').update('You may, if you are kind. \u001b[2J\n').digest('hex')
  const document = { document: 'licence:gemma', title: 'Gemma Terms of Use', version, accepted_at: null }
  expect(await ask('/v1/me/acceptances')).toMatchObject([200, { documents: [document] }])
  const shown = await elpis(home, ['licences', 'show', 'licence:gemma'])
  expect(shown.stdout).toContain('You may, if you are kind. \u241b[2J')
  expect((await ask('/v1/me/acceptances', { document: 'licence:gemma', version }))[0]).toBe(200)
  expect((await ask('/v1/completions', question))[0]).toBe(200)
}, 120_000)
