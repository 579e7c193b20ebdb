/** Ollama's door, with Ollama's own client and by hand, in front of a fake engine. */
import { Ollama } from 'ollama'
import { describe, expect, test } from 'vitest'
import { elpisError } from '../src/errors.ts'
import { serving, type ApiServer } from './support/api-server.ts'
import { error, everything, finish, hanging, start, text, usage } from './support/fake-engine.ts'

const hello = { role: 'user', content: 'hello big world' }
const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}

function clientOf({ url, key }: ApiServer): Ollama {
  return new Ollama({ host: url, headers: { Authorization: `Bearer ${key}` } })
}

function asking(changes: object = {}) {
  return { model: 'fake:1b', messages: [hello], ...changes }
}

const calls = [
  { id: 'call_1', function: { index: 0, name: 'weather', arguments: { city: 'Rome' } } },
  { id: 'call_2', function: { index: 1, name: 'weather', arguments: { city: 'Oslo' } } },
]

type Line = Record<string, unknown>

async function linesOf(response: Response): Promise<Line[]> {
  const body = await response.text()
  expect(body.endsWith('\n')).toBe(true)
  return body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

describe("Ollama's client", () => {
  test('chats whole and as a stream, with thoughts and calls', async () => {
    await using given = await serving(everything)
    const client = clientOf(given.server)
    const whole = await client.chat({ ...asking({ tools: [weather] }), stream: false })
    expect(whole).toMatchObject({
      model: 'fake:1b',
      message: { role: 'assistant', content: 'One moment.', thinking: 'Let me see.', tool_calls: calls },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 10,
      eval_count: 9,
    })
    expect(Number.isNaN(Date.parse(String(whole.created_at)))).toBe(false)
    const chunks = await Array.fromAsync(await client.chat({ ...asking({ tools: [weather] }), stream: true }))
    expect(chunks.map(({ message }) => message.thinking ?? '').join('')).toBe('Let me see.')
    expect(chunks.map(({ message }) => message.content).join('')).toBe('One moment.')
    expect(chunks.flatMap(({ message }) => message.tool_calls ?? [])).toEqual(calls)
    expect(chunks.map(({ done }) => done)).toEqual([...chunks.slice(1).map(() => false), true])
    expect(chunks.at(-1)).toMatchObject({ done_reason: 'stop', prompt_eval_count: 10, eval_count: 9 })
  })

  test('generates whole and as a stream', async () => {
    await using given = await serving()
    const client = clientOf(given.server)
    const question = { model: 'fake:1b', prompt: 'hello big world', system: 'Be brief.' }
    const whole = await client.generate({ ...question, stream: false })
    expect(whole).toMatchObject({
      response: 'hello big world',
      done: true,
      done_reason: 'stop',
      eval_count: 3,
    })
    const chunks = await Array.fromAsync(
      await client.generate({ ...question, raw: true, system: '', stream: true }),
    )
    expect(chunks.map(({ response }) => response)).toEqual(['hello ', 'big ', 'world', ''])
    expect(given.engine.requests.map(({ input }) => input)).toEqual([
      {
        kind: 'chat',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'hello big world' },
        ],
      },
      { kind: 'text', text: 'hello big world' },
    ])
  })

  test('embeds, lists and describes', async () => {
    await using given = await serving()
    const client = clientOf(given.server)
    const embedded = await client.embed({ model: 'fake:1b', input: ['a', 'b'] })
    expect(embedded).toMatchObject({
      model: 'fake:1b',
      embeddings: [
        [1, 0],
        [1, 0],
      ],
      prompt_eval_count: 2,
    })
    expect(embedded.total_duration).toBeGreaterThanOrEqual(0)
    expect(await client.embeddings({ model: 'fake:1b', prompt: 'a' })).toEqual({ embedding: [1, 0] })
    const model = { name: 'fake:1b', model: 'fake:1b', digest: 'f'.repeat(64) }
    expect(await client.list()).toMatchObject({
      models: [{ ...model, modified_at: '2023-11-14T22:13:20.000Z' }],
    })
    expect(await client.ps()).toMatchObject({ models: [{ ...model, context_length: 4096 }] })
    expect(await client.show({ model: 'fake:1b' })).toMatchObject({
      license: 'Apache-2.0',
      model_info: { 'elpis.context_length': 4096 },
      capabilities: ['completion', 'tools', 'embedding'],
    })
    expect(await client.version()).toEqual({ version: '0.0.0-test' })
  })

  test('is told what went wrong, before and in the middle of an answer', async () => {
    await using given = await serving(() => [
      start(1),
      text('Once '),
      error(elpisError('engine_failed', { reason: 'it was killed' })),
    ])
    const client = clientOf(given.server)
    await expect(client.chat({ ...asking({ model: 'fake:2b' }), stream: false })).rejects.toMatchObject({
      status_code: 404,
      error: expect.stringContaining('fake:1b'),
    })
    await expect(client.pull({ model: 'llama3', stream: false })).rejects.toMatchObject({
      status_code: 404,
      error: expect.stringContaining('elpis pull'),
    })
    await expect(client.delete({ model: 'llama3' })).rejects.toMatchObject({ status_code: 404 })
    await expect(new Ollama({ host: given.server.url }).list()).rejects.toMatchObject({
      status_code: 401,
      error: expect.stringContaining('Authorization'),
    })
    const stream = await client.chat({ ...asking(), stream: true })
    await expect(Array.fromAsync(stream)).rejects.toThrow(/it was killed/)
  })

  test('stops the answer by leaving', async () => {
    await using given = await serving(hanging('one '))
    const stream = await clientOf(given.server).chat({ ...asking(), stream: true })
    for await (const _ of stream) break
    stream.abort()
    const call = await given.engine.called(1)
    await call.ended
    expect(call.aborted).toBe(true)
  })
})

describe('the lines', () => {
  test('are JSON, with the durations and counts in the last', async () => {
    await using given = await serving(async function* () {
      await new Promise((resolve) => setTimeout(resolve, 30))
      yield start(7)
      await new Promise((resolve) => setTimeout(resolve, 30))
      yield text('a')
      await new Promise((resolve) => setTimeout(resolve, 30))
      yield finish('length')
      yield usage(7, 1)
    })
    const before = performance.now()
    const response = await given.server.post('/api/chat', asking())
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    const lines = await linesOf(response)
    const elapsed = (performance.now() - before) * 1e6
    expect(lines.map(({ done }) => done)).toEqual([false, true])
    const last = lines.at(-1) as Record<string, number>
    expect(last).toMatchObject({ done_reason: 'length', prompt_eval_count: 7, eval_count: 1 })
    const parts = [last['load_duration'], last['prompt_eval_duration'], last['eval_duration']] as number[]
    // Timers may be a millisecond early.
    for (const part of parts) expect(part).toBeGreaterThanOrEqual(28e6)
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(last['total_duration'])
    expect(last['total_duration']).toBeLessThanOrEqual(elapsed + 2e6)
  })

  test('have logprobs when asked for', async () => {
    await using given = await serving()
    const lines = await linesOf(
      await given.server.post('/api/chat', asking({ logprobs: true, top_logprobs: 2 })),
    )
    expect(lines[0]).toMatchObject({
      logprobs: [
        { token: 'hello ', logprob: -0.5, top_logprobs: [{ token: 'hello ' }, { token: 'other1' }] },
      ],
    })
  })

  test('say that a model is there when nothing is asked', async () => {
    await using given = await serving()
    const told = await Promise.all(
      (['/api/chat', '/api/generate'] as const).map(async (path) => {
        const response = await given.server.post(path, { model: 'fake:1b', keep_alive: '5m' })
        return (await response.json()) as object
      }),
    )
    expect(told).toMatchObject([
      { done: true, done_reason: 'load', message: { role: 'assistant', content: '' } },
      { done: true, done_reason: 'load', response: '' },
    ])
    expect((await given.server.post('/api/chat', { model: 'nowhere' })).status).toBe(404)
    expect(given.engine.requests).toEqual([])
  })
})

describe('a request', () => {
  test('becomes our own, all of it', async () => {
    await using given = await serving()
    const response = await given.server.post('/api/chat', {
      model: 'fake:1b',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'weather?', images: [] },
        {
          role: 'assistant',
          content: '',
          thinking: 'hm',
          tool_calls: [
            { function: { name: 'weather', arguments: { city: 'Rome' } } },
            { id: 'mine', function: { index: 1, name: 'time', arguments: {} } },
          ],
        },
        { role: 'tool', tool_name: 'time', content: 'noon' },
        { role: 'tool', content: 'sun' },
      ],
      tools: [weather],
      format: { type: 'object' },
      think: true,
      keep_alive: -1,
      truncate: true,
      stream: false,
      options: {
        num_predict: 9,
        temperature: 0.1,
        top_p: 0.2,
        top_k: 3,
        min_p: 0.4,
        seed: 5,
        stop: 'END',
        repeat_penalty: 1.2,
        presence_penalty: 0.3,
        frequency_penalty: 0.6,
        num_ctx: 4096,
        num_thread: 4,
        mirostat: 0,
      },
    })
    expect(response.status).toBe(200)
    expect(given.engine.requests[0]).toMatchObject({
      input: {
        kind: 'chat',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'weather?' },
          {
            role: 'assistant',
            content: '',
            reasoning: 'hm',
            toolCalls: [
              { id: 'call_2_0', name: 'weather', arguments: '{"city":"Rome"}' },
              { id: 'mine', name: 'time', arguments: '{}' },
            ],
          },
          { role: 'tool', content: 'noon', name: 'time', toolCallId: 'mine' },
          { role: 'tool', content: 'sun', name: 'weather', toolCallId: 'call_2_0' },
        ],
      },
      maxTokens: 9,
      stop: ['END'],
      sampling: {
        temperature: 0.1,
        topP: 0.2,
        topK: 3,
        minP: 0.4,
        seed: 5,
        repeatPenalty: 1.2,
        presencePenalty: 0.3,
        frequencyPenalty: 0.6,
      },
      toolUse: {
        choice: 'auto',
        parallel: true,
        tools: [{ name: 'weather', parameters: weather.function.parameters, strict: false }],
      },
      format: { kind: 'json-schema', schema: { type: 'object' } },
      reasoning: { mode: 'on', budget: null },
    })
  })

  test("has Ollama's defaults", async () => {
    await using given = await serving()
    await linesOf(
      await given.server.post('/api/chat', asking({ format: 'json', options: { num_predict: -1 } })),
    )
    expect(given.engine.requests[0]).toMatchObject({
      sampling: { temperature: 0.8, topK: 40, topP: 0.9, minP: 0, repeatPenalty: 1 },
      maxTokens: null,
      format: { kind: 'json-object' },
      reasoning: { mode: 'default', budget: null },
      toolUse: null,
    })
  })

  test.each([
    ['/api/chat', { options: { num_ctx: 8192 } }, 'options.num_ctx'],
    ['/api/chat', { options: { mirostat: 2 } }, 'options.mirostat'],
    ['/api/chat', { options: { repeat_last_n: 64 } }, 'options.repeat_last_n'],
    ['/api/chat', { options: { temprature: 0 } }, 'options.temprature'],
    ['/api/chat', { options: { num_predict: 0 } }, 'options.num_predict'],
    ['/api/chat', { messages: [{ ...hello, images: ['aGk='] }] }, 'messages[0].images'],
    ['/api/chat', { messages: [{ role: 'robot', content: '' }] }, 'messages[0].role'],
    ['/api/chat', { think: 'hard' }, 'think'],
    ['/api/chat', { format: 'yaml' }, 'format'],
    ['/api/chat', { top_logprobs: 2 }, 'top_logprobs'],
    ['/api/chat', { keepalive: 1 }, 'keepalive'],
    ['/api/generate', { prompt: 'a', suffix: 'b' }, 'suffix'],
    ['/api/generate', { prompt: 'a', template: '{{ .Prompt }}' }, 'template'],
    ['/api/generate', { prompt: 'a', context: [1] }, 'context'],
    ['/api/generate', { prompt: 'a', images: ['aGk='] }, 'images'],
    ['/api/generate', { prompt: 'a', raw: true, system: 'b' }, 'system'],
    ['/api/embed', { input: [] }, 'input'],
    ['/api/show', { model: undefined }, 'model'],
  ])('that cannot be answered as asked is a 400 that names why: %s %j', async (path, changes, param) => {
    await using given = await serving()
    const base = path === '/api/chat' ? asking() : { model: 'fake:1b' }
    const response = await given.server.post(path, { ...base, ...changes })
    const body = (await response.json()) as { error: string; param: string; request_id: string }
    expect([response.status, body.param]).toEqual([400, param])
    expect(typeof body.error).toBe('string')
    expect(body.request_id).toBe(response.headers.get('x-request-id'))
    expect(given.engine.requests).toEqual([])
  })

  test('is refused in its own shape wherever it goes wrong', async () => {
    await using given = await serving()
    const { server } = given
    const answers = [
      await server.fetch('/api/chat'),
      await server.fetch('/api/nothing'),
      await server.fetch('/api/nothing', { headers: { accept: 'text/html' } }),
      await server.post('/api/chat', '{'),
      await server.post('/api/chat', 'x'.repeat(1_000_001)),
      await server.fetch('/api/tags', { headers: { authorization: 'Bearer elpis-no' } }),
      await server.fetch('/api/nothing', { headers: { authorization: 'Bearer elpis-no' } }),
      await server.fetch('/api/pull', { method: 'POST' }),
    ]
    const told = await Promise.all(
      answers.map(async (answer) => [answer.status, ((await answer.json()) as { code: string }).code]),
    )
    expect(told).toEqual([
      [405, 'method_not_allowed'],
      [404, 'not_found'],
      [404, 'not_found'],
      [400, 'invalid_request'],
      [413, 'body_too_large'],
      [401, 'key_invalid'],
      [401, 'key_invalid'],
      [404, 'weights_not_here'],
    ])
  })
})
