/** The OpenAI-compatible doors, with OpenAI's own client and by hand, in front of a fake engine. */
import OpenAI, { APIError } from 'openai'
import { describe, expect, test } from 'vitest'
import { elpisError } from '../src/errors.ts'
import { measureLoad, onThisMachine } from './support/machine-load.ts'
import { apiServer, serving, type ApiServer } from './support/api-server.ts'
import { error, fakeEngine, finish, hanging, saying, start, text, usage } from './support/fake-engine.ts'

const hello = { role: 'user' as const, content: 'hello big world' }

function clientOf({ url, key }: ApiServer): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
}

function chat(changes: object = {}) {
  return { model: 'fake:1b', messages: [hello], ...changes }
}

interface ErrorAnswer {
  error: {
    message: string
    type: string
    param: string | null
    code: string
    hint: string
    request_id: string
  }
}

/** What went wrong, as `[status, code, param]`. */
async function refusal(response: Response): Promise<[number, string, string | null]> {
  const body = (await response.json()) as ErrorAnswer
  expect(body.error.request_id).toBe(response.headers.get('x-request-id'))
  expect(body.error.message).not.toBe('')
  expect(body.error.hint).not.toBe('')
  return [response.status, body.error.code, body.error.param]
}

describe("OpenAI's client", () => {
  test('chats without a stream', async () => {
    await using given = await serving()
    const { data, request_id: id } = await clientOf(given.server)
      .chat.completions.create({ ...chat(), n: 2, logprobs: true, top_logprobs: 2 })
      .withResponse()
    expect(id).toMatch(/^req_/)
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: 'fake:1b',
      system_fingerprint: 'fp_ffffffffffff',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'hello big world' }, finish_reason: 'stop' },
        { index: 1, message: { role: 'assistant', content: 'hello big world' }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 },
    })
    const [first] = data.choices[0]?.logprobs?.content ?? []
    expect(first).toMatchObject({ token: 'hello ', bytes: [...Buffer.from('hello ')], logprob: -0.5 })
    expect(first?.top_logprobs.map(({ token }) => token)).toEqual(['hello ', 'other1'])
  })

  test('chats with a stream: role first, then text, then the reason, then the usage', async () => {
    await using given = await serving()
    const stream = await clientOf(given.server).chat.completions.create({
      ...chat(),
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.map(({ choices }) => choices[0]?.delta ?? null)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'hello ' },
      { content: 'big ' },
      { content: 'world' },
      {},
      null,
    ])
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? null)).toEqual([
      null,
      null,
      null,
      null,
      'stop',
      null,
    ])
    expect(chunks.map((chunk) => chunk.usage?.total_tokens ?? null)).toEqual([
      null,
      null,
      null,
      null,
      null,
      6,
    ])
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
  })

  test('streams text with logprobs in the old shape', async () => {
    await using given = await serving()
    const stream = await clientOf(given.server).completions.create({
      model: 'fake:1b',
      prompt: 'hello big world',
      stream: true,
      logprobs: 1,
      max_tokens: 2,
    })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.map(({ choices }) => choices[0]?.text)).toEqual(['hello ', 'big ', ''])
    expect(chunks.map(({ choices }) => choices[0]?.logprobs?.text_offset ?? null)).toEqual([[0], [6], null])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('length')
    const whole = await clientOf(given.server).completions.create({
      model: 'fake:1b',
      prompt: ['hello big world'] as unknown as string,
      logprobs: 1,
    })
    expect(whole.choices[0]).toEqual({
      index: 0,
      text: 'hello big world',
      finish_reason: 'stop',
      logprobs: {
        tokens: ['hello ', 'big ', 'world'],
        token_logprobs: [-0.5, -0.5, -0.5],
        top_logprobs: [{ 'hello ': -0.5 }, { 'big ': -0.5 }, { world: -0.5 }],
        text_offset: [0, 6, 10],
      },
    })
  })

  test('lists and finds models, also those with slashes in their names', async () => {
    const names = ['fake:1b', 'hf:org/repo/file.gguf@main']
    await using server = await apiServer(fakeEngine({ models: names }))
    const client = clientOf(server)
    expect((await Array.fromAsync(client.models.list())).map(({ id }) => id)).toEqual(names)
    for (const name of names) expect((await client.models.retrieve(name)).id).toBe(name)
    const plain = await server.fetch('/v1/models/hf:org/repo/file.gguf@main')
    expect(plain.status).toBe(200)
    await expect(client.models.retrieve('nope')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_served',
    })
    const typo = await server.fetch(`/v1/models/${names[0]}x`)
    const { error } = (await typo.json()) as { error: { hint: string } }
    expect(error.hint).toContain(`Did you mean "${names[0]}"?`)
  })

  test('meets an error in mid-stream as an error, never as a short answer', async () => {
    await using given = await serving(function* () {
      yield start(1)
      yield text('half of ')
      yield error(elpisError('engine_failed', { reason: 'it was killed' }))
    })
    const stream = await clientOf(given.server).chat.completions.create({ ...chat(), stream: true })
    const seen: string[] = []
    const reading = (async () => {
      for await (const chunk of stream) seen.push(chunk.choices[0]?.delta.content ?? '')
    })()
    await expect(reading).rejects.toThrow(/killed/)
    expect(seen.join('')).toBe('half of ')
    const raw = await (await given.server.post('/v1/chat/completions', chat({ stream: true }))).text()
    expect(raw).toMatch(/event: error\ndata: \{"error":/)
    expect(raw).not.toContain('[DONE]')
  })

  test('meets an error before the first token as a status', async () => {
    const busy = elpisError('overloaded', { queued: 128 })
    busy.retryAfter = 2
    await using given = await serving(() => [error(busy)])
    for (const stream of [true, false]) {
      const failure = await clientOf(given.server)
        .chat.completions.create({ ...chat(), stream })
        .catch((thrown: unknown) => thrown)
      expect(failure).toBeInstanceOf(APIError)
      expect(failure).toMatchObject({ status: 503, code: 'overloaded', type: 'server_error' })
      expect((failure as APIError).headers?.get('retry-after')).toBe('2')
    }
  })
})

describe('what reaches the engine', () => {
  test('every setting, translated', async () => {
    await using given = await serving()
    const response = await given.server.post(
      '/v1/chat/completions',
      chat({
        messages: [
          { role: 'developer', content: 'be brief' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b' },
            ],
            name: 'ann',
          },
          { role: 'assistant', content: 'ok', refusal: null, tool_calls: [], annotations: [] },
          { role: 'tool', content: '42', tool_call_id: 'call_1' },
        ],
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        min_p: 0.05,
        repeat_penalty: 1.1,
        presence_penalty: -2,
        frequency_penalty: 2,
        logit_bias: { '7': -100, '8': 1.5 },
        seed: 4_294_967_295,
        n: 2,
        max_completion_tokens: 5,
        stop: ['x', 'y'],
        ignore_eos: true,
        logprobs: true,
        top_logprobs: 20,
        // Change nothing:
        user: 'u',
        metadata: { a: 'b' },
        store: false,
        service_tier: 'auto',
        safety_identifier: 's',
        prompt_cache_key: 'k',
        parallel_tool_calls: true,
        tools: [],
        tool_choice: 'none',
        response_format: { type: 'text' },
        modalities: ['text'],
        audio: null,
        reasoning_effort: null,
        stream: false,
        stream_options: null,
      }),
    )
    expect(response.status).toBe(200)
    const [request] = given.engine.requests
    expect(request).toMatchObject({
      id: response.headers.get('x-request-id'),
      model: 'fake:1b',
      input: {
        kind: 'chat',
        messages: [
          { role: 'system', content: 'be brief' },
          { role: 'user', content: 'ab', name: 'ann' },
          { role: 'assistant', content: 'ok' },
          { role: 'tool', content: '42' },
        ],
      },
      sampling: {
        temperature: 0.5,
        topP: 0.9,
        topK: 40,
        minP: 0.05,
        repeatPenalty: 1.1,
        presencePenalty: -2,
        frequencyPenalty: 2,
        seed: 4_294_967_295,
      },
      choices: 2,
      maxTokens: 5,
      stop: ['x', 'y'],
      ignoreEos: true,
      topLogprobs: 20,
    })
    expect([...(request?.sampling.logitBias ?? [])]).toEqual([
      [7, -100],
      [8, 1.5],
    ])
  })

  test("the protocol's defaults, and a seed of its own for every request", async () => {
    await using given = await serving()
    for (let round = 0; round < 2; round++) await given.server.post('/v1/chat/completions', chat())
    await given.server.post('/v1/completions', { model: 'fake:1b', prompt: 'a', stop: null })
    const [first, second, old] = given.engine.requests
    expect(first).toMatchObject({
      sampling: { temperature: 1, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, presencePenalty: 0 },
      choices: 1,
      maxTokens: null,
      stop: [],
      topLogprobs: null,
      ignoreEos: false,
    })
    expect(first?.sampling.seed).not.toBe(second?.sampling.seed)
    expect(old).toMatchObject({ input: { kind: 'text', text: 'a' }, maxTokens: 16 })
  })

  test('nothing of what is refused', async () => {
    await using given = await serving()
    await given.server.post('/v1/chat/completions', chat({ tools: [{}] }))
    await given.server.post('/v1/chat/completions', chat(), { headers: { authorization: 'Bearer wrong' } })
    expect(given.engine.calls).toHaveLength(0)
  })
})

describe('a parameter', () => {
  const unsupported = [
    { functions: [{ name: 'f' }] },
    { function_call: { name: 'f' } },
    { audio: { voice: 'alloy' } },
    { modalities: ['text', 'audio'] },
    { prediction: { type: 'content', content: 'x' } },
    { web_search_options: {} },
    { verbosity: 'low' },
    { store: true },
    { service_tier: 'priority' },
  ]
  test('of the chat that would change the answer is refused', async () => {
    await using given = await serving()
    for (const field of unsupported) {
      const response = await given.server.post('/v1/chat/completions', chat(field))
      const [status, code, param] = await refusal(response)
      const name = param?.split(/[.[]/)[0]
      expect([field, status, code, name]).toEqual([
        field,
        400,
        'unsupported_parameter',
        Object.keys(field)[0],
      ])
    }
  })

  test('of the text door that would change the answer is refused', async () => {
    await using given = await serving()
    for (const field of [{ best_of: 2 }, { suffix: 'end' }]) {
      const response = await given.server.post('/v1/completions', { model: 'fake:1b', prompt: 'a', ...field })
      expect(await refusal(response)).toEqual([400, 'unsupported_parameter', Object.keys(field)[0]])
    }
  })

  test('that nobody knows is refused with the nearest right name', async () => {
    await using given = await serving()
    const response = await given.server.post('/v1/chat/completions', chat({ temprature: 0 }))
    const { error } = (await response.json()) as ErrorAnswer
    expect(error).toMatchObject({ code: 'unknown_parameter', param: 'temprature' })
    expect(error.hint).toContain('"temperature"')
    const nested = chat({ messages: [{ ...hello, colour: 'red' }] })
    expect(await refusal(await given.server.post('/v1/chat/completions', nested))).toEqual([
      400,
      'unknown_parameter',
      'messages[0].colour',
    ])
    const evil = `{"model":"fake:1b","messages":[{"role":"user","content":"a"}],"__proto__":{"n":2}}`
    expect((await refusal(await given.server.post('/v1/chat/completions', evil)))[1]).toBe(
      'unknown_parameter',
    )
  })

  const wrong: [object, string][] = [
    [{ model: undefined }, 'model'],
    [{ model: '' }, 'model'],
    [{ model: 7 }, 'model'],
    [{ model: 'x'.repeat(501) }, 'model'],
    [{ messages: undefined }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'hello' }, 'messages'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: null }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [] }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: '\ud800' }] }, 'messages[0].content'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      'messages[0].content[0].type',
    ],
    [{ messages: [{ role: 'assistant', content: 'x', tool_calls: [{}] }] }, 'messages[0].tool_calls[0].id'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ temperature: -0.1 }, 'temperature'],
    [{ temperature: 2.1 }, 'temperature'],
    [{ temperature: '1' }, 'temperature'],
    [{ temperature: 'NaN' }, 'temperature'],
    [{ top_p: -1 }, 'top_p'],
    [{ top_p: 1.5 }, 'top_p'],
    [{ top_k: -1 }, 'top_k'],
    [{ top_k: 1.5 }, 'top_k'],
    [{ top_k: 1e30 }, 'top_k'],
    [{ min_p: 2 }, 'min_p'],
    [{ repeat_penalty: 0 }, 'repeat_penalty'],
    [{ repeat_penalty: -1 }, 'repeat_penalty'],
    [{ presence_penalty: 2.5 }, 'presence_penalty'],
    [{ frequency_penalty: -2.5 }, 'frequency_penalty'],
    [{ seed: -1 }, 'seed'],
    [{ seed: 4_294_967_296 }, 'seed'],
    [{ seed: 0.5 }, 'seed'],
    [{ n: 0 }, 'n'],
    [{ n: 9 }, 'n'],
    [{ n: 1.5 }, 'n'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_tokens: -5 }, 'max_tokens'],
    [{ max_tokens: 1e12 }, 'max_tokens'],
    [{ max_tokens: 5, max_completion_tokens: 5 }, 'max_tokens'],
    [{ max_completion_tokens: 0.5 }, 'max_completion_tokens'],
    [{ logprobs: 3 }, 'logprobs'],
    [{ top_logprobs: 2 }, 'top_logprobs'],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
    [{ logprobs: true, top_logprobs: -1 }, 'top_logprobs'],
    [{ logit_bias: { '1': 101 } }, 'logit_bias.1'],
    [{ logit_bias: { hello: 1 } }, 'logit_bias.hello'],
    [{ logit_bias: { '-1': 1 } }, 'logit_bias.-1'],
    [{ logit_bias: [] }, 'logit_bias'],
    [{ logit_bias: Object.fromEntries(Array.from({ length: 1025 }, (_, id) => [id, 1])) }, 'logit_bias'],
    [{ stop: '' }, 'stop'],
    [{ stop: [''] }, 'stop[0]'],
    [{ stop: Array.from({ length: 17 }, String) }, 'stop'],
    [{ stop: 5 }, 'stop'],
    [{ stream: 'yes' }, 'stream'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ stream: true, stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
    [{ ignore_eos: 1 }, 'ignore_eos'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
  ]
  test('at or beyond its edges is a 400 that names it', async () => {
    await using given = await serving()
    for (const [field, param] of wrong) {
      const response = await given.server.post('/v1/chat/completions', chat(field))
      expect([field, ...(await refusal(response))]).toEqual([field, 400, 'invalid_request', param])
    }
    expect(given.engine.calls).toHaveLength(0)
  })

  test('that is no number JSON can hold is a 400', async () => {
    await using given = await serving()
    for (const literal of ['NaN', 'Infinity', '1e999', '-1e999', '0x10']) {
      const body = `{"model":"fake:1b","messages":[{"role":"user","content":"a"}],"temperature":${literal}}`
      expect((await refusal(await given.server.post('/v1/chat/completions', body)))[0]).toBe(400)
    }
  })

  test('of the text door is held to its edges as well', async () => {
    await using given = await serving()
    const cases: [object, string][] = [
      [{ prompt: undefined }, 'prompt'],
      [{ prompt: [] }, 'prompt'],
      [{ prompt: [[]] }, 'prompt'],
      [{ prompt: ['a', 1] }, 'prompt'],
      [{ prompt: [-1] }, 'prompt'],
      [{ prompt: [1.5] }, 'prompt'],
      [{ prompt: Array(257).fill('a') }, 'prompt'],
      [{ echo: true, logprobs: 1 }, 'echo'],
      [{ echo: true, prompt: [1, 2] }, 'echo'],
      [{ logprobs: 21 }, 'logprobs'],
      [{ logprobs: true }, 'logprobs'],
      [{ max_tokens: 0 }, 'max_tokens'],
      [{ n: 9 }, 'n'],
    ]
    for (const [field, param] of cases) {
      const response = await given.server.post('/v1/completions', { model: 'fake:1b', prompt: 'a', ...field })
      const [status, code, named] = await refusal(response)
      expect([field, status, code, named?.split('[')[0]]).toEqual([field, 400, 'invalid_request', param])
    }
  })
})

describe('an error of the engine', () => {
  const cases = [
    {
      failure: () => elpisError('context_exceeded', { prompt: 9000, context: 4096 }),
      expected: [400, 'context_exceeded', 'messages'],
    },
    {
      failure: () => elpisError('template_failed', { reason: 'roles must alternate' }),
      expected: [400, 'template_failed', 'messages'],
    },
    {
      failure: () => elpisError('model_not_ready', { model: 'fake:1b', state: 'loading' }),
      expected: [503, 'model_not_ready', null],
    },
    {
      failure: () => elpisError('engine_failed', { reason: 'it was killed' }),
      expected: [500, 'engine_failed', null],
    },
  ]
  test.each(cases)('keeps its status and names the field: $expected', async ({ failure, expected }) => {
    await using given = await serving(() => [error(failure())])
    for (const stream of [false, true]) {
      expect(await refusal(await given.server.post('/v1/chat/completions', chat({ stream })))).toEqual(
        expected,
      )
    }
  })

  test('that is a surprise tells the client nothing and the log everything but the prompt', async () => {
    await using given = await serving(() => {
      throw new Error('secret path /etc/shadow')
    })
    const response = await given.server.post('/v1/chat/completions', chat())
    const body = await response.text()
    expect(response.status).toBe(500)
    expect(body).not.toContain('shadow')
    const logged = JSON.stringify(given.server.log)
    expect(logged).toContain('/etc/shadow')
    expect(logged).not.toContain('hello big world')
  })
})

describe('an answer', () => {
  test('shows tokens that hold part of a character by their bytes', async () => {
    const [first = 0, ...rest] = Buffer.from('é')
    const token = (bytes: number[]) => ({
      token: 1,
      bytes,
      logprob: -1,
      top: [{ token: 1, bytes, logprob: -Infinity }],
    })
    await using given = await serving(function* () {
      yield start(1)
      yield text('', { logprobs: [token([first])] })
      yield text('é!', { logprobs: [token(rest), token([33])] })
      yield finish('stop')
      yield usage(1, 3)
    })
    const client = clientOf(given.server)
    const answer = await client.chat.completions.create({ ...chat(), logprobs: true })
    expect(answer.choices[0]?.logprobs?.content?.map(({ token }) => token)).toEqual(['\\xc3', '\\xa9', '!'])
    expect(answer.choices[0]?.logprobs?.content?.[0]?.top_logprobs[0]?.logprob).toBe(-9999)
    const old = await client.completions.create({ model: 'fake:1b', prompt: 'a', logprobs: 1 })
    expect(old.choices[0]?.logprobs?.tokens).toEqual(['bytes:\\xc3', 'bytes:\\xa9', '!'])
    expect(old.choices[0]?.logprobs?.text_offset).toEqual([0, 1, 1])
  })

  test('ends with the reason of the guard where there is one', async () => {
    await using given = await serving(function* () {
      yield start(1)
      yield text('a')
      yield finish('content_filter')
      yield usage(1, 1)
    })
    const answer = await clientOf(given.server).chat.completions.create(chat())
    expect(answer.choices[0]?.finish_reason).toBe('content_filter')
  })

  test('stops being made when the client leaves, with and without a stream', async () => {
    for (const stream of [true, false]) {
      await using given = await serving(hanging('one ', 'two '))
      const client = new AbortController()
      const asking = given.server
        .post('/v1/chat/completions', chat({ stream }), { signal: client.signal })
        .then((response) => response.text())
        .catch(() => 'left')
      const call = await given.engine.called(1)
      client.abort()
      const before = performance.now()
      await call.ended
      expect(performance.now() - before).toBeLessThan(1000)
      expect(call.aborted).toBe(true)
      expect(call.request.signal.aborted).toBe(true)
      expect(await asking).toBe('left')
    }
  })

  test('ends with key_revoked within 100 ms when its key is revoked', async () => {
    await using given = await serving(hanging('one '))
    const { access, url } = given.server
    const { key, id } = await access.createKey('short-lived')
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify(chat({ stream: true })),
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let seen = ''
    while (!seen.includes('one')) seen += (await reader?.read())?.value ?? ''
    const load = await measureLoad(given.server, 50)
    const before = performance.now()
    await access.revokeKey(id)
    while (!seen.includes('key_revoked')) seen += (await reader?.read())?.value ?? ''
    const taken = performance.now() - before
    expect(taken).toBeLessThan(onThisMachine(100, load, load.stop()))
    expect((await reader?.read())?.done).toBe(true)
  })

  test('of many choices in a stream begins with the role of each', async () => {
    await using given = await serving(saying('hi'))
    const stream = await clientOf(given.server).chat.completions.create({ ...chat(), n: 3, stream: true })
    const chunks = await Array.fromAsync(stream)
    const roles = chunks.filter(({ choices }) => choices[0]?.delta.role === 'assistant')
    expect(roles.map(({ choices }) => choices[0]?.index)).toEqual([0, 1, 2])
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason === 'stop')).toHaveLength(3)
  })
})
