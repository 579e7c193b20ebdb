/** Other systems tell of people: signed, fresh, each message once; on both databases. */
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseTarget } from '../src/standing/target.ts'
import { openStorage } from '../src/storage/storage.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { createKey, elpis, freshHome, serveElpis, withRealModel } from './support/elpis.ts'
import { fakeEngine } from './support/fake-engine.ts'
import { postgresForTests } from './support/postgres.ts'
import { standingOn } from './support/standing.ts'

const key = Buffer.alloc(32, 9)
const former = Buffer.alloc(32, 8)
const sources = new Map([
  ['abuse-desk', { keys: [key, former], strikes: true }],
  ['scanner', { keys: [Buffer.alloc(32, 7)], strikes: false }],
])
const target = parseTarget('person:person_mallory')
const postgres = await postgresForTests()

function signedBy(secret: Buffer, id: string, seconds: number, body: string) {
  const signature = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64')
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${signature}`,
  }
}

const told = {
  target: 'person:person_mallory',
  severity: 0.9,
  hazard: 'S2',
  reason: 'spam from there',
  wrote: true,
}

async function tell(
  server: Pick<ApiServer, 'url'>,
  {
    source = 'abuse-desk',
    secret = key,
    id = 'msg_1',
    seconds = Math.floor(Date.now() / 1000),
    body = told as object,
  },
  changes: { body?: string; headers?: Record<string, string> } = {},
) {
  const text = JSON.stringify(body)
  const response = await fetch(`${server.url}/v1/signals/${source}`, {
    method: 'POST',
    headers: { ...signedBy(secret, id, seconds, text), ...changes.headers },
    body: changes.body ?? text,
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('what is told is a signal once, whatever is sent again; with either of two secrets', async () => {
  await using server = await apiServer(fakeEngine(), { sources })
  const { standing } = server
  expect(await tell(server, {})).toEqual({ status: 200, body: { object: 'safety.signal', taken: true } })
  expect((await tell(server, {})).body).toMatchObject({ taken: false })
  expect(
    (await tell(server, { id: 'msg_2', secret: former, body: { ...told, case: true } })).body,
  ).toMatchObject({
    taken: true,
  })
  const { strikes, score, measures } = await standing.explain(target)
  expect(score).toBeCloseTo(18, 0)
  expect(strikes.map(({ event: { source, note } }) => [source, note])).toEqual([
    ['webhook', 'abuse-desk: spam from there'],
    ['webhook', 'abuse-desk: spam from there'],
  ])
  expect(measures.map(({ rung }) => rung)).toContain('warned')
  const [opened] = await standing.cases({ target })
  const { steps } = await standing.caseFile(opened?.id ?? ('' as never), null)
  expect(steps).toContainEqual(expect.objectContaining({ kind: 'noticed', by: 'outside:abuse-desk' }))
})

test('a source without strikes, and what others wrote, costs nobody anything', async () => {
  await using server = await apiServer(fakeEngine(), { sources })
  await tell(server, { source: 'scanner', secret: Buffer.alloc(32, 7) })
  await tell(server, { id: 'msg_2', body: { ...told, wrote: false } })
  await tell(server, { id: 'msg_3', body: { ...told, direction: 'output' } })
  expect(await server.standing.explain(target)).toMatchObject({ score: 0, strikes: [], measures: [] })
})

test('what is forged, old, altered or of somebody else is refused with one answer', async () => {
  await using server = await apiServer(fakeEngine(), { sources })
  const now = Math.floor(Date.now() / 1000)
  const tries = await Promise.all([
    tell(server, { secret: Buffer.alloc(32, 1) }),
    tell(server, { source: 'scanner' }),
    tell(server, { source: 'nobody' }),
    tell(server, { source: '__proto__' }),
    tell(server, { seconds: now - 301 }),
    tell(server, { seconds: now + 310 }),
    tell(server, {}, { body: JSON.stringify({ ...told, severity: 1 }) }),
    tell(server, {}, { headers: { 'webhook-id': 'msg_other' } }),
    tell(server, {}, { headers: { 'webhook-timestamp': 'NaN' } }),
    tell(server, {}, { headers: { 'webhook-signature': 'v1,' } }),
    tell(server, {}, { headers: { authorization: `Bearer ${server.key}`, 'webhook-signature': '' } }),
    tell(server, { id: `msg_${'x'.repeat(300)}` }),
  ])
  for (const { status, body } of tries)
    expect([status, body]).toEqual([401, { error: expect.objectContaining({ code: 'signature_invalid' }) }])
  expect((await tell(server, { body: { ...told, severity: 7 } })).status).toBe(400)
  expect((await tell(server, { body: { ...told, target: 'nobody' } })).status).toBe(400)
  expect(await server.standing.explain(target)).toMatchObject({ score: 0 })
})

test('what was taken in as the server died has its consequences after the restart, once', async () => {
  const home = mkdtempSync(join(tmpdir(), 'elpis-signals-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const storage = await openStorage({ home })
  onTestFinished(() => storage.close())
  const { severity, reason } = told
  const grave = { target, severity, reason, hazard: 'S4', direction: 'input', wrote: true } as const
  const envelope = { id: 'msg_1', timestamp: '0', signature: '' }
  // Everything of the first server stops where the ladder would have acted.
  const measures = new Proxy(storage.measures, {
    get: (store, name) => (name === 'escalate' ? () => new Promise(() => {}) : Reflect.get(store, name)),
  })
  const dying = new Proxy(storage, {
    get: (store, name) => (name === 'measures' ? measures : Reflect.get(store, name)),
  })
  await using first = await standingOn({}, { storage: dying, sources })
  void first.standing.inbound.take('abuse-desk', envelope, { ...grave, opensCase: true })
  const unfollowed = async () => await storage.standingEvents.unfollowed(first.time.now + 1, 10)
  await expect.poll(unfollowed).toHaveLength(1)
  expect(await first.standing.measures({ target })).toEqual([])

  await using second = await standingOn({}, { storage, sources })
  const { standing } = second
  expect(await standing.measures({ target })).toMatchObject([{ rung: 'suspended', by: 'ladder' }])
  expect(await unfollowed()).toEqual([])
  expect(await standing.inbound.take('abuse-desk', envelope, { ...grave, opensCase: true })).toBe(false)
  await standing.sweep()
  expect(await standing.measures({ target })).toHaveLength(1)
  const [opened] = await standing.cases({ target })
  const { steps } = await standing.caseFile(opened?.id ?? ('' as never), null)
  expect(steps.filter(({ kind }) => kind === 'noticed')).toHaveLength(1)
})

describe.skipIf(postgres === null)('on Postgres', () => {
  test('two replicas take one message in once', async () => {
    const home = mkdtempSync(join(tmpdir(), 'elpis-signals-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const url = (await postgres?.freshDatabase()) ?? ''
    const storages = await Promise.all([0, 1].map(() => openStorage({ home, storage: { url } })))
    onTestFinished(async () => void (await Promise.all(storages.map((storage) => storage.close()))))
    const replicas = await Promise.all(storages.map((storage) => standingOn({}, { storage, sources })))
    const envelope = { id: 'msg_1', timestamp: '0', signature: '' }
    const { reason, severity } = told
    const signal = {
      target,
      reason,
      severity,
      hazard: 'S2',
      direction: 'input',
      wrote: true,
      opensCase: true,
    } as const
    const taken = await Promise.all(
      replicas.map(({ standing }) => standing.inbound.take('abuse-desk', envelope, signal)),
    )
    expect(taken.toSorted((one, other) => Number(one) - Number(other))).toEqual([false, true])
    expect((await replicas[0]?.standing.explain(target))?.strikes).toHaveLength(1)
    await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()))
  })
})

test('a source of the settings bars a key of a running server; without its secret none starts', async () => {
  await using home = freshHome()
  await withRealModel(home)
  const { id } = await createKey(home, 'Mallory')
  const settings = '[standing.inbound.desk]\nsecret_env = "DESK_SECRET"\nstrikes = true\n'
  writeFileSync(join(home.path, 'elpis.toml'), settings)
  const refused = await elpis(home, ['serve', '--port', '0'])
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining('standing.inbound.desk.secret_env'),
  ])
  const environment = { DESK_SECRET: `whsec_${key.toString('base64')}` }
  await using server = await serveElpis(home, [], { environment })
  const body = { ...told, target: `key:${id}`, hazard: 'S4' }
  expect((await tell(server, { source: 'desk', body })).body).toMatchObject({ taken: true })
  const shown = await elpis(home, ['standing', 'show', `key:${id}`, '--json'])
  expect(JSON.parse(shown.stdout)).toMatchObject({ measures: [{ rung: 'suspended', by: 'ladder' }] })
})
