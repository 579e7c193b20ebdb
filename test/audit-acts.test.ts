/** What administrators do is in the log before they are told that it is done: by whom, to whom, and nothing secret. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAccess } from '../src/access/create-access.ts'
import { createKey } from '../src/api/access/keys.ts'
import { connectControl } from '../src/api/control/client.ts'
import { loadConfig } from '../src/config.ts'
import { noActs, type Act } from '../src/core/acts.ts'
import { systemClock } from '../src/core/clock.ts'
import type { EntryId } from '../src/core/ids.ts'
import { recordedLicence, recordTexts, settingsDigest } from '../src/server/recorded-acts.ts'
import { versionOf } from '../src/server/to-accept.ts'
import { openStorage } from '../src/storage/storage.ts'
import { freshHome } from './support/access-place.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

type Entry = Act & { readonly type: 'act' }

/** A whole server but for its engine, with a policy of its own, and its first key. */
async function place() {
  const home = mkdtempSync(join(tmpdir(), 'elpis-acts-'))
  const policy = join(home, 'policies', 'standard.toml')
  mkdirSync(join(home, 'policies'))
  writeFileSync(policy, 'name = "standard"\nsummary = "Ours."\njudge = false\n')
  const config = wholeConfig(home)
  const storage = await openStorage({ home })
  const access = await createAccess({ store: storage, clock: systemClock })
  const { id, key } = await access.createKey('root', { role: 'owner' })
  await access.close()
  await storage.close()
  const server = await startWholeServer(config)
  const database = new DatabaseSync(join(home, 'elpis.db'), { readOnly: true })
  await server.ready
  const bodies = () => database.prepare('select body from audit_leaves order by position').all()
  return {
    home,
    policy,
    config,
    root: id as string,
    async close() {
      database.close()
      await server.close(AbortSignal.abort())
      rmSync(home, { recursive: true, force: true })
    },
    /** The acts of these kinds, oldest first. */
    acts: (...kinds: Act['kind'][]): Entry[] => {
      const all = bodies().map(({ body }) => JSON.parse(body as string) as Entry)
      return all.filter(({ type, kind }) => type === 'act' && kinds.includes(kind))
    },
    text: () => JSON.stringify(bodies()),
    ask: async (
      method: string,
      path: string,
      body?: object,
      as: string = key,
    ): Promise<Record<string, string>> => {
      const response = await fetch(server.url + path, {
        method,
        headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      expect([method, path, response.status]).toEqual([method, path, 200])
      return (await response.json()) as Record<string, string>
    },
  }
}

let given: Awaited<ReturnType<typeof place>>
beforeAll(async () => void (given = await place()), 60_000)
afterAll(async () => await given.close())

test('every act of an administrator, and what a server starts with', async () => {
  const { ask, acts, root, text, home, policy, config } = given
  const lines = (...kinds: Act['kind'][]) =>
    acts(...kinds).map(({ by, about, details }) => ({ by, about, details }))

  expect(lines('settings-in-force')).toEqual([
    { by: 'server', about: null, details: { digest: settingsDigest(config) } },
  ])
  const [standard] = lines('policy-changed')
  expect(standard).toMatchObject({ by: 'server', about: 'standard', details: { when: 'start' } })
  expect(lines('model-loaded')).toMatchObject([{ by: 'server', about: 'fake:1b' }])

  const organisation = await ask('POST', '/v1/admin/organisations', { name: 'acme' })
  const person = await ask('POST', '/v1/admin/people', {
    name: 'Ada',
    email: 'ada@acme.example',
    organisation: 'acme',
  })
  await ask('PUT', `/v1/admin/people/${person['id']}/role`, { role: 'admin' })
  const invited = await ask('POST', '/v1/invitations', { email: 'eve@acme.example', organisation: 'acme' })
  const made = await ask('POST', '/v1/admin/keys', { name: 'worker', organisation: 'acme', service: true })
  const rotated = await ask('POST', `/v1/admin/keys/${made['id']}/rotate`, {})
  await ask('DELETE', `/v1/admin/keys/${made['id']}`)
  const quota = await ask('POST', '/v1/admin/quotas', {
    subject: 'org:acme',
    meter: 'requests',
    period: 'day',
    amount: 5,
  })
  await ask('DELETE', `/v1/admin/quotas/${quota['id']}`)
  await ask('DELETE', `/v1/admin/people/${person['id']}`)
  await ask('DELETE', `/v1/admin/organisations/${organisation['id']}`)
  const control = await connectControl(home)
  const own = await control?.access(createKey, { name: 'by hand' })
  await control?.close()

  const org = organisation['id']
  expect(lines('organisation-changed')).toEqual([
    { by: root, about: org, details: { change: 'created' } },
    { by: root, about: org, details: { change: 'removed' } },
  ])
  const ofAda = lines('person-changed').filter(({ about }) => about === person['id'])
  expect(ofAda).toEqual([
    { by: root, about: person['id'], details: { change: 'added', organisation: org, role: 'member' } },
    { by: root, about: person['id'], details: { change: 'role', before: 'member', role: 'admin' } },
    { by: root, about: person['id'], details: { change: 'removed', organisation: org, role: 'admin' } },
  ])
  expect(lines('person-invited')).toMatchObject([
    { by: root, details: { organisation: org, role: 'member' } },
  ])
  expect(lines('key-created')).toMatchObject([
    { by: root, about: made['id'], details: { organisation: org, service: true, role: 'member' } },
    { by: 'owner', about: own?.id },
  ])
  expect(lines('key-rotated')).toMatchObject([
    { by: root, about: made['id'], details: { keeps_former: true } },
  ])
  expect(lines('key-revoked')).toMatchObject([{ by: root, about: made['id'] }])
  const details = { quota: quota['id'], meter: 'requests', period: 'day', amount: 5 }
  expect(lines('quota-changed')).toMatchObject([
    { by: root, about: `org:${org}`, details: { change: 'set', ...details } },
    { by: root, about: `org:${org}`, details: { change: 'removed', ...details } },
  ])

  writeFileSync(policy, 'name = "standard"\nsummary = "Ours, newer."\njudge = false\n')
  await expect
    .poll(() => lines('policy-changed').at(-1), { timeout: 10_000 })
    .toMatchObject({ by: 'server', about: 'standard', details: { when: 'reload' } })
  expect(lines('policy-changed').at(-1)?.details['version']).not.toBe(standard?.details['version'])

  const all = text()
  const token = invited['url']?.split('#')[1] ?? 'no invitation'
  for (const secret of [made['key'], rotated['key'], own?.key, token, 'ada@acme', 'eve@acme', 'Ada']) {
    expect(secret).toBeTruthy()
    expect(all).not.toContain(secret)
  }
})

test('the signed statement counts bans, and appeals that were overturned, as standing names them', async () => {
  const { ask, acts } = given
  const mallory = await ask('POST', '/v1/admin/keys', { name: 'mallory' })
  const rob = await ask('POST', '/v1/admin/keys', { name: 'rob', role: 'reviewer' })
  const ban = await ask('POST', '/v1/admin/bans', { target: `key:${mallory['id']}`, reason: 'a mistake' })
  const statement = { statement: 'It was not me.' }
  await ask('POST', `/v1/safety/cases/${ban['case']}/appeal`, statement, mallory['key'])
  const { review } = (await ask('POST', '/v1/admin/review/next', {}, rob['key'])) as unknown as {
    review: { id: string }
  }
  const decision = { review: review.id, outcome: 'reversed', reason: 'It was not her.' }
  await ask('POST', '/v1/admin/review/decide', decision, rob['key'])
  expect(acts('standing-changed')[0]).toMatchObject({ details: { rung: 'banned' } })
  expect(acts('appeal-decided')).toMatchObject([{ by: rob['id'], details: { overturned: true } }])
  // It counts what is under a signed checkpoint; one follows within a second.
  await expect
    .poll(async () => await ask('GET', '/log/transparency'), { timeout: 10_000 })
    .toMatchObject({
      statement: {
        standing: { banned: 1, lifted: 1 },
        appeals: { opened: 1, decided: 1, overturned: 1 },
        policies: [{ name: 'standard' }, { name: 'strict' }],
        witnesses: [],
      },
    })
})

test('a licence that is accepted, and no other; of settings no secret', async () => {
  const recorded: Act[] = []
  const acts = { ...noActs, record: async (act: Act) => (recorded.push(act), 'ent_1' as EntryId) }
  const licence = { id: 'llama3.2', name: 'Llama', version: '1', link: null, needsAcceptance: true }
  expect(await recordedLicence(async () => false, { acts, model: 'm' })(licence)).toBe(false)
  expect(recorded).toEqual([])
  expect(await recordedLicence(async () => true, { acts, model: 'm' })(licence)).toBe(true)
  const known = versionOf({ ...licence, text: null })
  expect(recorded).toMatchObject([
    { kind: 'licence-accepted', by: 'owner', about: 'llama3.2', details: { edition: '1', version: known } },
  ])
  recorded.length = 0
  const accepted = { by: 'me', at: '2026-06-01T00:00:00Z', how: 'asked' } as const
  const kept = { ...licence, text: 'a'.repeat(64), policy: 'b'.repeat(64), accepted }
  await recordTexts(acts, 'm', kept)
  expect(recorded).toMatchObject([
    { about: 'licence:llama3.2', details: { model: 'm', edition: '1', version: kept.text } },
    { about: 'policy:llama3.2', details: { model: 'm', edition: '1', version: kept.policy } },
  ])

  const digest = (url: string) =>
    settingsDigest(loadConfig({ ELPIS_HOME: freshHome(), ELPIS_STORAGE_URL: url }))
  expect(digest('postgres://me:one@host/db')).toBe(digest('postgres://me:two@host/db'))
  expect(digest('postgres://me:one@host/db')).not.toBe(digest('postgres://me:one@other/db'))
})
