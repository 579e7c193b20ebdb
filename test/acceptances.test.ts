/** Licences and terms that must be accepted, on SQLite and a real Postgres, and at the doors. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Demands, Document } from '../src/access/acceptances/acceptances.ts'
import { createAccess } from '../src/access/create-access.ts'
import { systemClock } from '../src/core/clock.ts'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { apiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'
import { postgresForTests } from './support/postgres.ts'

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
  const accessOn = async (version: string) => {
    const storage = await open()
    const access = await createAccess({
      store: storage,
      clock: systemClock,
      demands: demands('people', version),
    })
    onTestFinished(async () => {
      await access.close()
      await storage.close()
    })
    return access
  }
  const access = await accessOn('one')
  await access.directory.addPerson({ name: 'Ada', email: null, role: 'member' })
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
