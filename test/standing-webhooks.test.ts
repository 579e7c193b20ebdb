/** Receivers are told what happened to people's standing: signed, at least once, over restarts, on both databases. */
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { settings } from '../src/config.ts'
import { openWebhooks } from '../src/server/open-webhooks.ts'
import { parseTarget } from '../src/standing/target.ts'
import { signingKeys } from '../src/standing/webhooks/signing.ts'
import { Webhooks } from '../src/standing/webhooks/webhooks.ts'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { postgresForTests } from './support/postgres.ts'
import { keyPrincipal, standingOn } from './support/standing.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const mallory = keyPrincipal('key_mallory', 'Mallory', { personId: 'person_mallory' as never })
const target = parseTarget('person:person_mallory')
const postgres = await postgresForTests()

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A receiver that answers with the statuses given, then with 204; 0 hangs up without an answer. */
async function receiver(...statuses: number[]) {
  const received: Received[] = []
  const server = createServer((incoming, answer) => {
    let body = ''
    incoming.on('data', (piece: Buffer) => (body += piece.toString()))
    incoming.on('end', () => {
      received.push({ headers: incoming.headers, body })
      const status = statuses.shift() ?? 204
      if (status === 0) incoming.socket.destroy()
      else answer.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return {
    address,
    received,
    types: () => received.map(({ body }) => (JSON.parse(body) as { type: string }).type),
  }
}

function webhooksOn(storage: Storage, time: { now: number }, ...addresses: string[]) {
  const failures: { reason: string; givenUp: boolean }[] = []
  const webhooks = new Webhooks({
    store: storage.webhooks,
    clock: { now: () => time.now },
    addresses,
    keys: signingKeys(secret) ?? [],
    onFailed: (failure) => failures.push(failure),
    onTrouble(error) {
      throw error
    },
  })
  onTestFinished(() => webhooks.close())
  return { webhooks, failures }
}

/** As the specification tells receivers to check it, and not as we sign. */
function expectSigned({ headers, body }: Received, now: number) {
  const id = String(headers['webhook-id'])
  const timestamp = String(headers['webhook-timestamp'])
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${expected}`)
  expect(Math.abs(now / 1000 - Number(timestamp))).toBeLessThan(300)
  expect(id).toMatch(/^msg_[0-9a-f]{32}$/)
}

const act = (rung: 'warned' | 'restricted' | 'suspended' | 'banned') => ({
  target,
  rung,
  reason: 'for a test',
  lasts: 60_000,
})

describe.each([
  ['SQLite', null],
  ['Postgres', postgres],
] as const)('webhooks on %s', (name, place) => {
  async function given() {
    if (place === null) return await standingOn()
    const storage = await openStorage({ home: tmpdir(), storage: { url: await place.freshDatabase() } })
    onTestFinished(() => storage.close())
    return await standingOn({}, { storage })
  }

  test.skipIf(name === 'Postgres' && place === null)(
    'tell of every step, its end and decided appeals',
    async () => {
      await using at = await given()
      const { standing, storage, time } = at
      const one = await receiver()
      const other = await receiver()
      const { webhooks } = webhooksOn(storage, time, one.address, other.address)
      for (const rung of ['warned', 'restricted', 'suspended'] as const) {
        await standing.act(act(rung), 'owner')
        time.now += 1
      }
      const { caseId } = await standing.act(act('banned'), 'person_reviewer')
      time.now += 1
      await standing.appeal(caseId, mallory, 'It was not me.')
      const review = await standing.claimReview('person_other')
      await standing.decideReview(review?.id ?? '', 'reversed', 'person_other', 'they are right')
      await webhooks.deliver()

      expect(one.types().sort()).toEqual([
        'standing.appeal_decided',
        'standing.banned',
        ...Array.from({ length: 4 }, () => 'standing.lifted'),
        'standing.restricted',
        'standing.suspended',
        'standing.warned',
      ])
      for (const each of one.received) expectSigned(each, time.now)
      const ids = (from: Received[]) => from.map(({ headers }) => String(headers['webhook-id'])).sort()
      expect(ids(other.received)).toEqual(ids(one.received))
      expect(new Set(ids(one.received)).size).toBe(9)
      const ban = one.received
        .map(({ body }) => JSON.parse(body))
        .find(({ type }) => type === 'standing.banned')
      expect(ban).toMatchObject({
        timestamp: new Date(Date.parse('2026-06-01T00:00:00Z') + 3).toISOString(),
        data: {
          target: 'person:person_mallory',
          case: caseId,
          rung: 'banned',
          reason: 'for a test',
          by: 'person',
        },
      })
      // What somebody said in an appeal, and which person decided, goes nowhere.
      expect(JSON.stringify(one.received)).not.toMatch(/It was not me|person_reviewer|person_other/)
      await webhooks.deliver()
      expect(one.received).toHaveLength(9)
    },
  )

  test.skipIf(name === 'Postgres' && place === null)(
    'try again, later each time, under the same id',
    async () => {
      await using at = await given()
      const { standing, storage, time } = at
      const failing = await receiver(500, 302, 0)
      const well = await receiver()
      const { webhooks, failures } = webhooksOn(storage, time, failing.address, well.address)
      await standing.act(act('warned'), 'owner')
      await webhooks.deliver()
      // The other receiver is told once, whatever becomes of this one.
      for (const [wait, attempts] of [
        [4_000, 1],
        [2_000, 2],
        [290_000, 2],
        [50_000, 3],
        [2_000_000, 4],
        [90_000_000, 4],
      ] as const) {
        time.now += wait
        await webhooks.deliver()
        expect(failing.received).toHaveLength(attempts)
      }
      expect(well.types()).toEqual(['standing.warned'])
      expect(new Set(failing.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
      expect(new Set(failing.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(4)
      expect(failures.map(({ reason }) => reason)).toEqual(['status 500', 'status 302', 'UND_ERR_SOCKET'])
      for (const each of failing.received)
        expectSigned(each, Number(each.headers['webhook-timestamp']) * 1000)
    },
  )
})

test('what was not taken before a restart is sent after it, by one server of two', async () => {
  const home = mkdtempSync(join(tmpdir(), 'elpis-webhooks-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const hook = await receiver(503)
  const time = { now: 0 }
  {
    const storage = await openStorage({ home })
    await using given = await standingOn({}, { storage })
    time.now = given.time.now
    const { webhooks } = webhooksOn(storage, time, hook.address)
    await given.standing.act(act('suspended'), 'owner')
    await webhooks.deliver()
    // Written, and not even spread when the server ends.
    await given.standing.act(act('banned'), 'owner')
    await webhooks.close()
    await given.standing.close()
    await storage.close()
  }
  time.now += 10_000
  const storage = await openStorage({ home })
  const again = await openStorage({ home })
  onTestFinished(async () => {
    await storage.close()
    await again.close()
  })
  await Promise.all([storage, again].map((it) => webhooksOn(it, time, hook.address).webhooks.deliver()))
  await webhooksOn(storage, time, hook.address).webhooks.deliver()
  expect(hook.types().sort()).toEqual(['standing.banned', 'standing.suspended', 'standing.suspended'])
})

test('what a server had taken when it died is sent after a minute', async () => {
  await using given = await standingOn()
  const hook = await receiver()
  await given.standing.act(act('warned'), 'owner')
  const store = given.storage.webhooks
  await store.spread([hook.address], given.time.now, 0, 10)
  await store.claim(hook.address, given.time.now, given.time.now + 60_000, 10)
  const { webhooks } = webhooksOn(given.storage, given.time, hook.address)
  await webhooks.deliver()
  expect(hook.received).toHaveLength(0)
  given.time.now += 60_000
  await webhooks.deliver()
  expect(hook.types()).toEqual(['standing.warned'])
})

test('gives up after ten attempts, and at once where a receiver is gone', async () => {
  await using given = await standingOn()
  const refusing = await receiver(...Array.from({ length: 20 }, () => 500))
  const gone = await receiver(410)
  const { webhooks, failures } = webhooksOn(given.storage, given.time, refusing.address, gone.address)
  await given.standing.act(act('warned'), 'owner')
  const hours = [0.01, 0.1, 0.6, 2.3, 5.6, 11.1, 15.5, 22.1, 26.5, 26.5]
  for (const wait of hours) {
    await webhooks.deliver()
    given.time.now += wait * 60 * 60 * 1000
  }
  await webhooks.deliver()
  expect(gone.received).toHaveLength(1)
  expect(refusing.received).toHaveLength(10)
  const givenUp = failures.filter((failure) => failure.givenUp)
  expect(givenUp.map(({ reason }) => reason)).toEqual(['status 410', 'status 500'])
})

test('nothing starts that has receivers and nothing to sign with', async () => {
  await using given = await standingOn()
  const standing = settings.shape.standing.parse({
    webhooks: ['https://hooks.example.org/elpis'],
    webhook_secret_env: 'ELPIS_TEST_NO_SUCH_SECRET',
  })
  expect(() => openWebhooks({ standing }, given.storage.webhooks, () => {})).toThrow(
    expect.objectContaining({ code: 'config_invalid' }),
  )
  for (const refused of [
    { webhooks: ['https://hooks.example.org/elpis'] },
    { webhooks: ['http://hooks.example.org/elpis'], webhook_secret_env: 'SECRET' },
    { webhooks: ['https://me:word@hooks.example.org'], webhook_secret_env: 'SECRET' },
    { webhooks: ['https://hooks.example.org'], webhook_secret_env: secret },
  ]) {
    expect(settings.shape.standing.safeParse(refused).success).toBe(false)
  }
})

test.each([
  ['', null],
  ['secret', null],
  ['whsec_c2hvcnQ=', null],
  [`whsec_${'!'.repeat(40)}`, null],
  [secret, 1],
  [`${secret} whsec_${Buffer.alloc(24, 1).toString('base64')}`, 2],
])('keys in %j: %s', (text, count) => {
  expect(signingKeys(text)?.length ?? null).toBe(count)
})
