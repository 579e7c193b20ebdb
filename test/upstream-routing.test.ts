/** Several replicas, several engines: who is asked, and what is passed through. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EngineRequest } from '../src/core/request.ts'
import { severalEngines } from '../src/engine/several-engines.ts'
import { fold } from '../src/pipeline/fold.ts'
import { apiServer } from './support/api-server.ts'
import { engineRequest } from './support/engine-request.ts'
import { fakeEngine } from './support/fake-engine.ts'
import {
  beginEvents,
  delta,
  done,
  event,
  finished,
  hostileUpstream,
  sayHello,
  sendJson,
  type HostileUpstream,
} from './support/hostile-upstream.ts'
import { testUpstream, until, type TestUpstream } from './support/upstream-engines.ts'

let servers: HostileUpstream[]
let tested: TestUpstream

beforeEach(async () => {
  servers = [await hostileUpstream(), await hostileUpstream(), await hostileUpstream()]
  tested = await testUpstream(servers.map(({ url }) => url))
})
afterEach(async () => {
  await tested[Symbol.asyncDispose]()
  for (const server of servers) await server[Symbol.asyncDispose]()
})

const long = 'You are a helpful assistant who knows a lot about ships. '.repeat(10)

function ask(question: string, changes: Partial<EngineRequest> = {}) {
  return fold(tested.engine.generate(engineRequest('small', question, changes)), changes.choices ?? 1)
}

const asked = () => servers.map(({ requests }) => requests.length)

describe('replicas', () => {
  test('share what has nothing in common', async () => {
    for (let count = 0; count < 9; count++) await ask(`Question ${count}?`)
    expect(asked()).toEqual([3, 3, 3])
  })

  test('a conversation stays where its beginning was read', async () => {
    const messages = [
      { role: 'system', content: long },
      { role: 'user', content: 'One?' },
    ] as const
    await ask('', { input: { kind: 'chat', messages } })
    const first = asked().indexOf(1)
    for (let turn = 0; turn < 4; turn++) {
      const more = [
        ...messages,
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: `And ${turn}?` },
      ] as const
      await ask('', { input: { kind: 'chat', messages: more } })
    }
    expect(asked()[first]).toBe(5)
  })

  test('but not with somebody else’s, whose cache it may not profit from', async () => {
    const input = { kind: 'chat', messages: [{ role: 'system', content: long }] } as const
    for (let index = 0; index < 3; index++) {
      await ask('', { input, share: { account: 'key', weight: 1, cacheScope: `org ${index}` } })
    }
    expect(asked()).toEqual([1, 1, 1])
  })

  test('nor where there is much more to do than elsewhere', async () => {
    const input = { kind: 'chat', messages: [{ role: 'system', content: long }] } as const
    const gate = Promise.withResolvers<void>()
    for (const server of servers) {
      server.answer = async (response) => {
        await gate.promise
        sayHello(response)
      }
    }
    const answers = Array.from({ length: 4 }, () => ask('', { input, maxTokens: 3000 }))
    await until(() => asked().reduce((sum, count) => sum + count, 0) === 4)
    gate.resolve()
    await Promise.all(answers)
    expect(Math.max(...asked())).toBe(2)
  })

  test('one that is dead is passed over, then not asked at all', async () => {
    servers[0]!.answer = (response) => void response.destroy()
    for (let count = 0; count < 12; count++)
      expect((await ask(`Question ${count}?`)).choices[0]?.text).toBe('Hello')
    expect(asked()[0]).toBe(3)
  })

  test('one that becomes well is asked again', async () => {
    await tested[Symbol.asyncDispose]()
    tested = await testUpstream(
      servers.map(({ url }) => url),
      { healthMilliseconds: 20 },
    )
    servers[0]!.answerModels = (response) => sendJson(response, 500, {})
    await until(() => tested.events.at(-1)?.type === 'upstream-ill')
    for (let count = 0; count < 4; count++) await ask(`Question ${count}?`)
    expect(asked()).toEqual([0, 2, 2])
    servers[0]!.answerModels = null
    await until(() => tested.events.at(-1)?.type === 'upstream-well')
    for (let count = 0; count < 3; count++) await ask(`Question ${count}?`)
    expect(asked()[0]).toBe(1)
  })

  test('when all are full the answer is to come back', async () => {
    await tested[Symbol.asyncDispose]()
    tested = await testUpstream([servers[0]!.url], { atOnce: 2, perAccount: 3 })
    servers[0]!.answer = () => {}
    const waiting = [1, 2].map(() => tested.engine.generate(engineRequest('small', 'hi')))
    const firsts = waiting.map((parts) => parts.next())
    await until(() => asked()[0] === 2)
    await expect(ask('more')).rejects.toMatchObject({ code: 'upstream_busy', retryAfter: 1 })
    expect(tested.engine.status()).toMatchObject([{ model: 'small', active: 2 }])
    await Promise.all(waiting.map((parts) => parts.return(undefined)))
    await Promise.all(firsts)
    servers[0]!.answer = sayHello
    await until(() => tested.engine.status()[0]?.active === 0)
    expect((await ask('now')).choices[0]?.text).toBe('Hello')
  })

  test('one account cannot fill them', async () => {
    await tested[Symbol.asyncDispose]()
    tested = await testUpstream([servers[0]!.url], { perAccount: 1 })
    servers[0]!.answer = () => {}
    const waiting = tested.engine.generate(engineRequest('small', 'hi'))
    const first = waiting.next()
    await expect(ask('more')).rejects.toMatchObject({ code: 'too_many_at_once', status: 429 })
    servers[0]!.answer = sayHello
    const share = { account: 'key_other', weight: 1, cacheScope: 'test' }
    expect((await ask('more', { share })).choices[0]?.text).toBe('Hello')
    await waiting.return(undefined)
    await first
  })
})

describe('what is passed through', () => {
  const say = (...events: string[]): void => {
    for (const server of servers) {
      server.answer = (response) => {
        beginEvents(response)
        response.end(events.join('') + done)
      }
    }
  }

  test('thoughts, under both of their names', async () => {
    say(
      event({ choices: [{ index: 0, delta: { reasoning_content: 'Hm' } }] }),
      event({ choices: [{ index: 0, delta: { reasoning: '…' } }] }),
      delta('Yes'),
      finished,
    )
    expect(await ask('?')).toMatchObject({
      choices: [{ reasoning: 'Hm…', text: 'Yes' }],
      usage: { outputTokens: 3, reasoningTokens: 2, estimated: true },
    })
  })

  test('several tool calls, in pieces', async () => {
    const call = (index: number, fields: object) =>
      event({ choices: [{ index: 0, delta: { tool_calls: [{ index, ...fields }] } }] })
    say(
      call(0, { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }),
      call(0, { function: { arguments: '{"city":' } }),
      call(0, { function: { arguments: '"Rome"}' } }),
      call(1, { function: { name: 'time', arguments: '{}' } }),
      event({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }),
    )
    const answer = await ask('?')
    expect(answer.choices[0]).toMatchObject({
      reason: 'tool_calls',
      toolCalls: [
        { id: 'call_a', name: 'weather', arguments: '{"city":"Rome"}' },
        { id: expect.stringMatching(/^call_[0-9a-f]{24}$/) as string, name: 'time', arguments: '{}' },
      ],
    })
  })

  test('probabilities, in both of their shapes', async () => {
    const top = [{ token: 'Hé', logprob: -0.5, bytes: [72, 195, 169] }]
    say(
      delta('Hé', {
        logprobs: { content: [{ token: 'Hé', logprob: -0.5, bytes: [72, 195, 169], top_logprobs: top }] },
      }),
      finished,
    )
    const expected = { token: -1, bytes: [72, 195, 169], logprob: -0.5 }
    expect((await ask('?', { topLogprobs: 1 })).choices[0]?.logprobs).toEqual([
      { ...expected, top: [expected] },
    ])
    const none = await ask('?', { topLogprobs: 0 })
    expect(none.choices[0]?.logprobs).toEqual([{ ...expected, top: [] }])
    say(
      event({
        choices: [
          {
            index: 0,
            text: 'Hé',
            logprobs: {
              tokens: ['Hé'],
              token_logprobs: [-0.5],
              top_logprobs: [{ Hé: -0.5 }],
              text_offset: [0],
            },
          },
        ],
      }),
      event({ choices: [{ index: 0, text: '', finish_reason: 'length' }] }),
    )
    const answer = await ask('?', { topLogprobs: 1, input: { kind: 'text', text: 'Say' } })
    expect(answer.choices[0]).toMatchObject({
      text: 'Hé',
      reason: 'length',
      logprobs: [{ ...expected, top: [expected] }],
    })
    expect(servers.flatMap(({ requests }) => requests).at(-1)?.path).toBe('/v1/completions')
  })

  test('several choices, the stop string that was met, and exact counts where every event has them', async () => {
    const usage = (completion: number) => ({ usage: { prompt_tokens: 20, completion_tokens: completion } })
    say(
      event({ choices: [{ index: 1, delta: { content: 'B' } }], ...usage(2) }),
      event({ choices: [{ index: 0, delta: { content: 'A' } }], ...usage(1) }),
      event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop', stop_reason: 'END' }], ...usage(1) }),
      event({ choices: [{ index: 1, delta: {}, finish_reason: 'stop', stop_reason: 7 }], ...usage(2) }),
      event({ choices: [], ...usage(3) }),
    )
    const parts = await Array.fromAsync(
      tested.engine.generate(engineRequest('small', '?', { choices: 2, stop: ['END'] })),
    )
    expect(parts).toEqual([
      { type: 'start', promptTokens: 20, cachedTokens: 0 },
      { type: 'text-delta', choice: 1, text: 'B', tokens: 2, logprobs: null },
      { type: 'text-delta', choice: 0, text: 'A', tokens: 1, logprobs: null },
      { type: 'finish', choice: 0, reason: 'stop', stopString: 'END' },
      { type: 'finish', choice: 1, reason: 'stop' },
      { type: 'usage', usage: { promptTokens: 20, cachedTokens: 0, outputTokens: 3, reasoningTokens: 0 } },
    ])
  })
})

describe('all that is no answer', () => {
  const signal = new AbortController().signal
  const share = { account: 'key', weight: 1, cacheScope: 'test' }
  const common = { id: engineRequest('small', '').id, model: 'small', signal, share }
  const reply = (body: unknown) => {
    for (const server of servers) server.answer = (response) => sendJson(response, 200, body)
  }

  beforeEach(async () => {
    await tested[Symbol.asyncDispose]()
    tested = await testUpstream([servers[0]!.url], { abilities: ['generate', 'embed', 'rerank'] })
  })

  test('vectors come in order and of length 1', async () => {
    reply({
      data: [
        { index: 1, embedding: [0, 2] },
        { index: 0, embedding: [3, 4] },
      ],
      usage: { prompt_tokens: 5, total_tokens: 5 },
    })
    const { vectors, promptTokens } = await tested.engine.embed({
      ...common,
      inputs: ['a', [1, 2]],
      dimensions: null,
    })
    expect(vectors.map((vector) => [...vector].map((number) => number.toFixed(2)))).toEqual([
      ['0.60', '0.80'],
      ['0.00', '1.00'],
    ])
    expect(promptTokens).toBe(5)
    expect(servers[0]?.requests[0]?.body).toEqual({
      model: 'small',
      input: ['a', [1, 2]],
      encoding_format: 'float',
    })
  })

  test.each([
    [[{ index: 0, embedding: [1] }]],
    [
      [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
    ],
    [
      [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [1, 2] },
      ],
    ],
    [
      [
        { index: 0, embedding: [] },
        { index: 1, embedding: [] },
      ],
    ],
  ])('vectors that cannot be right are refused: %j', async (data) => {
    reply({ data })
    const asked = tested.engine.embed({ ...common, inputs: ['a', 'b'], dimensions: null })
    await expect(asked).rejects.toMatchObject({ code: 'upstream_failed' })
  })

  test('ranks come in the order of the documents', async () => {
    reply({
      results: [
        { index: 1, relevance_score: 0.9 },
        { index: 0, relevance_score: 0.1 },
      ],
      usage: { total_tokens: 9 },
    })
    const ranking = await tested.engine.rerank({ ...common, query: 'q', documents: ['a', 'b'] })
    expect(ranking).toEqual({ scores: [0.1, 0.9], method: 'cross-encoder', promptTokens: 9 })
  })

  test('tokens come from where the server has them', async () => {
    reply({ tokens: [5, 6], count: 2, max_model_len: 2048 })
    const input = { kind: 'text', text: 'hi' } as const
    expect(await tested.engine.tokenize({ ...common, input })).toEqual({
      tokens: [5, 6],
      contextTokens: 2048,
    })
    expect(servers[0]?.requests[0]).toMatchObject({
      path: '/tokenize',
      body: { model: 'small', prompt: 'hi' },
    })
    await using other = await testUpstream([servers[0]!.url], { kind: 'openai' })
    await expect(other.engine.tokenize({ ...common, input })).rejects.toMatchObject({
      code: 'model_lacks_ability',
    })
  })

  test('what a model is not for is refused before it is asked', async () => {
    await using other = await testUpstream([servers[0]!.url])
    const asked = other.engine.embed({ ...common, inputs: ['a'], dimensions: null })
    await expect(asked).rejects.toMatchObject({ code: 'model_lacks_ability' })
    expect(servers[0]?.requests).toEqual([])
  })
})

test('a client sees that a count was reckoned', async () => {
  servers[0]!.answer = (response) => {
    beginEvents(response)
    response.end(delta('Hello') + finished + done)
  }
  await using other = await testUpstream([servers[0]!.url])
  await using api = await apiServer(other.engine)
  const body = { model: 'small', messages: [{ role: 'user', content: 'hi' }] }
  const answer = (await (await api.post('/v1/chat/completions', body)).json()) as object
  expect(answer).toMatchObject({ usage: { completion_tokens: 2, estimated: true }, system_fingerprint: null })
  servers[0]!.answer = (response) => sendJson(response, 429, {}, { 'retry-after': '37' })
  const busy = await api.post('/v1/chat/completions', body)
  expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '37'])
})

describe('several engines as one', () => {
  test('each model goes to whoever serves it; the machine’s own come first', async () => {
    await using other = await testUpstream([servers[0]!.url], {
      names: new Map([
        ['far:7b', 'small'],
        ['near:1b', 'small'],
      ]),
    })
    const own = fakeEngine({ models: ['near:1b'] })
    const engine = severalEngines(own, [other.engine])
    expect(engine.models().map(({ id }) => id)).toEqual(['near:1b', 'far:7b'])
    expect(engine.status().map(({ model }) => model)).toEqual(['near:1b', 'far:7b', 'near:1b'])
    await fold(engine.generate(engineRequest('near:1b', 'hi')), 1)
    expect(own.requests).toHaveLength(1)
    expect((await fold(engine.generate(engineRequest('far:7b', 'hi')), 1)).choices[0]?.text).toBe('Hello')
    expect(servers[0]?.requests[0]?.body['model']).toBe('small')
    const [part] = await Array.fromAsync(engine.generate(engineRequest('nope', 'hi')))
    expect(part).toMatchObject({ type: 'error', error: { code: 'model_not_served' } })
    await engine.close()
    expect(own.closed).toBe(true)
  })
})
