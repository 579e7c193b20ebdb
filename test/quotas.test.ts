/** Quotas on SQLite and on a real Postgres, and as they are met at the doors. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { noLimits } from '../src/access/key-limits.ts'
import { openStorage } from '../src/storage/storage.ts'
import { apiServer } from './support/api-server.ts'
import { fakeEngine, finish, hanging, saying, start, text, usage } from './support/fake-engine.ts'
import { postgresForTests } from './support/postgres.ts'
import { quotaContract } from './support/quota-contract.ts'
import { prepareDatabase } from './support/prepared-home.ts'

quotaContract('SQLite', async () => {
  const home = mkdtempSync(join(tmpdir(), 'elpis-quotas-'))
  prepareDatabase(home)
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return () => openStorage({ home })
})

const postgres = await postgresForTests()
describe.skipIf(postgres === null)('with Postgres', () => {
  quotaContract('Postgres', async () => {
    const url = (await postgres?.freshDatabase()) ?? ''
    return () => openStorage({ home: '/nowhere', storage: { url } })
  })
})

const question = { model: 'fake:1b', messages: [{ role: 'user', content: 'hello' }], max_tokens: 10 }

describe('at the doors', () => {
  test('what is left stands on every answer, and what is too much is 429 with when to try again', async () => {
    await using server = await apiServer(fakeEngine({ answer: saying('hi') }))
    await server.access.quotas.set({
      subject: 'key:*',
      model: null,
      meter: 'requests',
      period: 'day',
      amount: 2,
    })
    const first = await server.post('/v1/chat/completions', question)
    expect(first.status).toBe(200)
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': expect.stringMatching(/^(\d+h)?(\d+m)?\d+s$/),
    })
    const streamed = await server.post('/v1/messages', { ...question, stream: true })
    expect(Object.fromEntries(streamed.headers)).toMatchObject({
      'anthropic-ratelimit-requests-limit': '2',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': expect.stringMatching(/T00:00:00/),
    })
    await streamed.text()
    for (const [path, body] of [
      ['/v1/chat/completions', question],
      ['/v1/chat/completions', { ...question, stream: true }],
      ['/v1/completions', { model: 'fake:1b', prompt: 'x' }],
      ['/v1/responses', { model: 'fake:1b', input: 'x' }],
      ['/v1/embeddings', { model: 'fake:1b', input: 'x' }],
      ['/v1/tokenize', { model: 'fake:1b', prompt: 'x' }],
      ['/v1/messages', question],
      ['/api/chat', { model: 'fake:1b', messages: question.messages }],
      ['/api/generate', { model: 'fake:1b', prompt: 'x' }],
    ] as const) {
      const refused = await server.post(path, body)
      expect([path, refused.status]).toEqual([path, 429])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      const remaining = path.startsWith('/v1/messages')
        ? 'anthropic-ratelimit-requests-remaining'
        : 'x-ratelimit-remaining-requests'
      expect([path, refused.headers.get(remaining)]).toEqual([path, '0'])
    }
    const another = await server.access.createKey('another')
    const free = await server.post('/v1/chat/completions', question, {
      headers: { authorization: `Bearer ${another.key}` },
    })
    expect(free.status).toBe(200)
  })

  test('the rate of a key is one as well', async () => {
    await using server = await apiServer(fakeEngine({ answer: saying('hi') }))
    const limits = { ...noLimits, rate: { requests: 1, period: 'minute' as const } }
    const { key } = await server.access.createKey('slow', { limits })
    const ask = () =>
      server.post('/v1/chat/completions', question, { headers: { authorization: `Bearer ${key}` } })
    expect((await ask()).status).toBe(200)
    const refused = await ask()
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited', type: 'rate_limit_error' } })
  })

  test('tokens are reserved as the most that they may be, and settled as what they were', async () => {
    const engine = fakeEngine({
      answer: () => [start(5), text('a'), text('b'), finish('stop'), usage(5, 2)],
    })
    await using server = await apiServer(engine)
    const output = { subject: 'key:test', model: null, meter: 'output_tokens', period: 'day' } as const
    await server.access.quotas.set({ ...output, amount: 13 })
    expect((await server.post('/v1/chat/completions', question)).status).toBe(200)
    expect((await server.access.quotas.list())[0]?.used).toBeGreaterThanOrEqual(2)
    expect((await server.post('/v1/chat/completions', question)).status).toBe(200)
    // 9 are left, and it may take 10.
    const refused = await server.post('/v1/chat/completions', question)
    expect(await refused.json()).toMatchObject({ error: { code: 'quota_exceeded' } })
    expect((await server.post('/v1/chat/completions', { ...question, max_tokens: 9 })).status).toBe(200)
  })

  test('whoever leaves in the middle has had what was said until then', async () => {
    const engine = fakeEngine({
      answer: hanging('a', 'b'),
    })
    await using server = await apiServer(engine)
    const output = { subject: 'key:test', model: null, meter: 'output_tokens', period: 'day' } as const
    await server.access.quotas.set({ ...output, amount: 11 })
    const leaving = new AbortController()
    const answer = await server.post(
      '/v1/chat/completions',
      { ...question, stream: true },
      { signal: leaving.signal },
    )
    const reader = answer.body?.getReader()
    await reader?.read()
    leaving.abort()
    await server.drain()
    await server.access.close()
    expect((await server.access.quotas.list())[0]?.used).toBe(2)
  })

  test('of one end user, named in a body or by the header, bind that one only', async () => {
    await using server = await apiServer(fakeEngine({ answer: saying('hi') }))
    await server.access.quotas.set({
      subject: 'user:*',
      model: null,
      meter: 'requests',
      period: 'day',
      amount: 1,
    })
    const ask = async (body: object, headers = {}, path = '/v1/chat/completions') =>
      (await server.post(path, { ...question, ...body }, { headers })).status
    expect(await ask({ user: 'ann' })).toBe(200)
    expect(await ask({ safety_identifier: 'ann', user: 'other' })).toBe(429)
    expect(await ask({}, { 'x-elpis-end-user': 'ann' })).toBe(429)
    expect(await ask({ metadata: { user_id: 'ann' } }, {}, '/v1/messages')).toBe(429)
    expect(await ask({ metadata: { user_id: 'bob' } }, {}, '/v1/messages')).toBe(200)
    expect(await ask({ user: 'bob' })).toBe(429)
    expect(await ask({})).toBe(200)
  })

  test('of cost, by the month, for one model, for a person and for an organisation', async () => {
    const cost = (
      _model: string,
      { promptTokens, outputTokens }: { promptTokens: number; outputTokens: number },
    ) => promptTokens + 10 * outputTokens
    await using server = await apiServer(fakeEngine({ answer: saying('hi') }), { costOf: cost })
    const { directory, quotas } = server.access
    const { id: acme } = await directory.createOrganisation('Acme')
    const { id: ann } = await directory.addPerson({
      name: 'Ann',
      email: null,
      role: 'member',
      organisation: acme,
    })
    const keyOf = async (name: string, wish: object) => (await server.access.createKey(name, wish)).key
    const [one, two, shared] = [
      await keyOf('one', { person: ann }),
      await keyOf('two', { person: ann }),
      await keyOf('shared', { organisation: acme }),
    ]
    const ask = async (key: string, outputTokens: number) => {
      const headers = { authorization: `Bearer ${key}` }
      const body = { ...question, max_tokens: outputTokens }
      const answer = await server.post('/v1/chat/completions', body, { headers })
      return [answer.status, answer.headers.get('retry-after') !== null]
    }
    const month = { model: 'fake:1b', meter: 'cost', period: 'month' } as const
    const set = async (subject: string, amount: number) => await quotas.set({ ...month, subject, amount })
    await quotas.set({ ...month, subject: 'server', model: 'another:1b', amount: 1 })
    const ofPerson = await set(`person:${ann}`, 1000)
    // The most that it could cost is reserved: 1,000 tokens of an answer are 10,000.
    expect(await ask(one, 1000)).toEqual([429, true])
    expect(await ask(one, 10)).toEqual([200, false])
    await expect
      .poll(async () => (await quotas.list()).find(({ id }) => id === ofPerson.id)?.used)
      .toBeGreaterThan(0)
    const used = (await quotas.list()).find(({ id }) => id === ofPerson.id)?.used ?? 0
    expect(used).toBeLessThan(100 + 10 * 10)
    // Whatever key they use; and not those of others.
    await set(`person:${ann}`, used)
    expect(await ask(two, 10)).toEqual([429, true])
    expect(await ask(shared, 10)).toEqual([200, false])
    await set(`org:${acme}`, 1)
    expect(await ask(shared, 10)).toEqual([429, true])
    expect((await server.post('/v1/chat/completions', question)).status).toBe(200)
  })

  test('streams at the same time', async () => {
    const engine = fakeEngine({ answer: hanging('a') })
    await using server = await apiServer(engine)
    await server.access.quotas.set({
      subject: 'key:*',
      model: null,
      meter: 'streams',
      period: null,
      amount: 2,
    })
    const leaving = new AbortController()
    const streams = await Promise.all(
      Array.from({ length: 2 }, () =>
        server.post('/v1/chat/completions', { ...question, stream: true }, { signal: leaving.signal }),
      ),
    )
    expect(streams.map(({ status }) => status)).toEqual([200, 200])
    const refused = await server.post('/v1/chat/completions', { ...question, stream: true })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1')
    leaving.abort()
    await expect
      .poll(async () => {
        const controller = new AbortController()
        const again = await server.post(
          '/v1/chat/completions',
          { ...question, stream: true },
          { signal: controller.signal },
        )
        controller.abort()
        return again.status
      })
      .toBe(200)
  })
})
