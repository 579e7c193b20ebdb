/** Anthropic's door, with Anthropic's own client and by hand, in front of a fake engine. */
import Anthropic, { type APIError } from '@anthropic-ai/sdk'
import { describe, expect, test } from 'vitest'
import { elpisError } from '../src/errors.ts'
import { apiServer, serving, type ApiServer } from './support/api-server.ts'
import {
  error,
  everything,
  fakeEngine,
  finish,
  hanging,
  start,
  text,
  toolCall,
  usage,
} from './support/fake-engine.ts'

const hello = { role: 'user' as const, content: 'hello big world' }
const weather = {
  name: 'weather',
  description: 'The weather of a city',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
}

function clientOf({ url, key }: ApiServer): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 })
}

function asking(changes: object = {}) {
  return { model: 'fake:1b', max_tokens: 100, messages: [hello], ...changes }
}

/** `[event, data]` of every event, as they stand on the line. */
async function eventsOf(response: Response): Promise<[string, Record<string, unknown>][]> {
  const blocks = (await response.text()).split('\n\n').filter((block) => block !== '')
  return blocks.map((block) => {
    const [name = '', data = ''] = block.split('\n')
    return [name.replace('event: ', ''), JSON.parse(data.replace('data: ', '')) as Record<string, unknown>]
  })
}

describe("Anthropic's client", () => {
  test('gets a whole answer with thoughts, text and calls', async () => {
    await using given = await serving(everything)
    const { data, request_id: id } = await clientOf(given.server)
      .messages.create({ ...asking(), tools: [weather] })
      .withResponse()
    expect(id).toMatch(/^req_/)
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'fake:1b',
      stop_reason: 'tool_use',
      stop_sequence: null,
      content: [
        { type: 'thinking', thinking: 'Let me see.' },
        { type: 'text', text: 'One moment.' },
        { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Rome' } },
        { type: 'tool_use', id: 'call_2', name: 'weather', input: { city: 'Oslo' } },
      ],
      usage: {
        input_tokens: 6,
        cache_read_input_tokens: 4,
        cache_creation_input_tokens: 0,
        output_tokens: 9,
      },
    })
  })

  test('adds a stream up to the same answer', async () => {
    await using given = await serving(everything)
    const client = clientOf(given.server)
    const body: Anthropic.MessageCreateParamsNonStreaming = { ...asking(), tools: [weather] }
    const streamed = await client.messages.stream(body).finalMessage()
    const whole = await client.messages.create(body)
    expect(streamed.content.map(plain)).toEqual(whole.content.map(plain))
    expect(streamed.stop_reason).toBe(whole.stop_reason)
    expect(streamed.usage).toMatchObject(whole.usage)
  })

  test('is told what went wrong, before and in the middle of an answer', async () => {
    await using given = await serving(() => [
      start(1),
      text('Once '),
      error(elpisError('engine_failed', { reason: 'it was killed' })),
    ])
    const client = clientOf(given.server)
    const refused = await client.messages
      .create(asking({ model: 'fake:2b' }))
      .catch((thrown: unknown) => thrown as APIError)
    expect(refused).toMatchObject({
      status: 404,
      requestID: expect.stringMatching(/^req_/),
      error: { type: 'error', error: { type: 'not_found_error', code: 'model_not_served', param: 'model' } },
    })
    const wrong = new Anthropic({ baseURL: given.server.url, apiKey: 'elpis-wrong', maxRetries: 0 })
    await expect(wrong.messages.create(asking())).rejects.toMatchObject({
      status: 401,
      error: { error: { type: 'authentication_error', code: 'key_invalid' } },
    })
    await expect(client.messages.stream(asking()).finalMessage()).rejects.toThrow(/it was killed/)
  })

  test('counts tokens, and lists models in its own shape', async () => {
    await using given = await serving()
    const client = clientOf(given.server)
    const { model, messages } = asking()
    expect(await client.messages.countTokens({ model, messages, system: 'Be brief.' })).toEqual({
      input_tokens: 3,
    })
    const models = await Array.fromAsync(client.models.list())
    expect(models).toEqual([
      { type: 'model', id: 'fake:1b', display_name: 'fake:1b', created_at: '2023-11-14T22:13:20.000Z' },
    ])
    expect((await client.models.retrieve('fake:1b')).display_name).toBe('fake:1b')
    const openAi = (await (await given.server.fetch('/v1/models')).json()) as { object: string }
    expect(openAi.object).toBe('list')
  })

  test('counts what tools add', async () => {
    const engine = fakeEngine()
    const asked: object[] = []
    const recording = {
      ...engine,
      tokenize: async (request: object) => {
        asked.push(request)
        return { tokens: [1, 2], contextTokens: 4096 }
      },
    }
    await using server = await apiServer(recording)
    const { model, messages } = asking()
    const thinking = { type: 'enabled', budget_tokens: 2000 } as const
    await clientOf(server).messages.countTokens({ model, messages, tools: [weather], thinking })
    expect(asked).toMatchObject([
      {
        input: { kind: 'chat', messages: [hello] },
        outlook: { toolUse: { tools: [{ name: 'weather' }] }, reasoning: { mode: 'on', budget: null } },
      },
    ])
  })

  test('stops the answer by leaving', async () => {
    await using given = await serving(hanging('one '))
    const stream = clientOf(given.server).messages.stream(asking())
    stream.on('text', () => stream.abort())
    await expect(stream.finalMessage()).rejects.toThrow(/aborted/)
    const call = await given.engine.called(1)
    await call.ended
    expect(call.aborted).toBe(true)
  })
})

/** Without what the client adds. */
function plain(block: Anthropic.ContentBlock): object {
  const { type, ...rest } = block
  return { type, ...(JSON.parse(JSON.stringify(rest)) as object) }
}

describe('the events', () => {
  test('are named and in order, a block at a time', async () => {
    await using given = await serving(everything)
    const response = await given.server.post('/v1/messages', asking({ stream: true }))
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'))
    const events = await eventsOf(response)
    expect(events.every(([name, { type }]) => name === type)).toBe(true)
    const told = events.map(([name, data]) =>
      'delta' in data && 'index' in data
        ? `${data['index'] as number} ${(data['delta'] as { type: string }).type}`
        : `${'index' in data ? `${data['index'] as number} ` : ''}${name}`,
    )
    expect(told).toEqual([
      'message_start',
      'ping',
      '0 content_block_start',
      '0 thinking_delta',
      '0 thinking_delta',
      '0 content_block_stop',
      '1 content_block_start',
      '1 text_delta',
      '1 text_delta',
      '1 content_block_stop',
      '2 content_block_start',
      '2 input_json_delta',
      '2 input_json_delta',
      '2 content_block_stop',
      '3 content_block_start',
      '3 input_json_delta',
      '3 content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(events[0]?.[1]).toMatchObject({
      message: { content: [], stop_reason: null, usage: { input_tokens: 6, output_tokens: 0 } },
    })
    expect(events.at(-2)?.[1]).toMatchObject({
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 9 },
    })
  })

  test.each([
    [finish('stop'), 'end_turn', null],
    [finish('stop', 0, 'END'), 'stop_sequence', 'END'],
    [finish('length'), 'max_tokens', null],
    [finish('content_filter'), 'refusal', null],
  ])('say why it ended: %j', async (end, reason, sequence) => {
    await using given = await serving(() => [start(1), text('a'), end, usage(1, 1)])
    const body = asking({ stop_sequences: ['END'] })
    const whole = (await (await given.server.post('/v1/messages', body)).json()) as object
    expect(whole).toMatchObject({ stop_reason: reason, stop_sequence: sequence })
    const events = await eventsOf(await given.server.post('/v1/messages', { ...body, stream: true }))
    expect(events.at(-2)?.[1]['delta']).toEqual({ stop_reason: reason, stop_sequence: sequence })
    expect(given.engine.requests[0]?.stop).toEqual(['END'])
  })

  test('end with an error that is one of theirs', async () => {
    await using given = await serving(() => [
      start(1),
      text('a'),
      error(elpisError('overloaded', { queued: 3 })),
    ])
    const events = await eventsOf(await given.server.post('/v1/messages', asking({ stream: true })))
    expect(events.at(-1)).toMatchObject([
      'error',
      { type: 'error', error: { type: 'overloaded_error', code: 'overloaded' } },
    ])
  })

  test('arguments that are no JSON are kept, under a name that says so', async () => {
    await using given = await serving(() => [
      start(1),
      ...toolCall('call_1', 'weather', ['{"city": "Ro']),
      finish('length'),
      usage(1, 1),
    ])
    const whole = (await (await given.server.post('/v1/messages', asking({ tools: [weather] }))).json()) as {
      content: { input: object }[]
    }
    expect(whole.content[0]?.input).toEqual({ INVALID_JSON: '{"city": "Ro' })
  })
})

describe('a request', () => {
  test('becomes our own, all of it', async () => {
    await using given = await serving()
    const { status } = await given.server.post('/v1/messages', {
      ...asking(),
      system: [
        { type: 'text', text: 'Be ', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'brief.' },
      ],
      messages: [
        { role: 'user', content: 'first' },
        { role: 'user', content: [{ type: 'text', text: 'second' }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'x' },
            { type: 'text', text: 'looking' },
            { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Rome' } },
            { type: 'tool_use', id: 'b', name: 'weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'b', content: 'no city', is_error: true },
            { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'sun' }] },
            { type: 'text', text: 'and now?' },
          ],
        },
      ],
      max_tokens: 500,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 7,
      tools: [{ ...weather, strict: true, cache_control: { type: 'ephemeral', ttl: '1h' } }],
      tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 200 },
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
      metadata: { user_id: 'somebody' },
      service_tier: 'auto',
    })
    expect(status).toBe(200)
    expect(given.engine.requests[0]).toMatchObject({
      input: {
        kind: 'chat',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'first\n\nsecond' },
          {
            role: 'assistant',
            content: 'looking',
            reasoning: 'hm',
            toolCalls: [
              { id: 'a', name: 'weather', arguments: '{"city":"Rome"}' },
              { id: 'b', name: 'weather', arguments: '{}' },
            ],
          },
          { role: 'tool', content: 'Error: no city', name: 'weather', toolCallId: 'b' },
          { role: 'tool', content: 'sun', name: 'weather', toolCallId: 'a' },
          { role: 'user', content: 'and now?' },
        ],
      },
      maxTokens: 500,
      sampling: { temperature: 0.5, topP: 0.9, topK: 7 },
      toolUse: {
        tools: [
          {
            name: 'weather',
            description: 'The weather of a city',
            parameters: weather.input_schema,
            strict: true,
          },
        ],
        choice: { name: 'weather' },
        parallel: false,
      },
      format: { kind: 'json-schema', schema: { type: 'object' } },
      reasoning: { mode: 'on', budget: 200 },
    })
  })

  test.each([
    [{}, 'auto', true],
    [{ tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, 'auto', false],
    [{ tool_choice: { type: 'any' } }, 'required', true],
    [{ tool_choice: { type: 'none' } }, 'none', true],
  ])('may choose tools: %j', async (changes, choice, parallel) => {
    await using given = await serving()
    await given.server.post('/v1/messages', asking({ tools: [weather], ...changes }))
    expect(given.engine.requests[0]?.toolUse).toMatchObject({ choice, parallel })
  })

  test.each([
    [{}, 'default'],
    [{ thinking: { type: 'disabled' } }, 'off'],
    [{ thinking: { type: 'adaptive' } }, 'default'],
  ])('may leave thinking to the model: %j', async (changes, mode) => {
    await using given = await serving()
    await given.server.post('/v1/messages', asking(changes))
    expect(given.engine.requests[0]?.reasoning).toEqual({ mode, budget: null })
  })

  const call = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'weather', input: {} }] }
  test.each([
    [{ max_tokens: undefined }, 'max_tokens'],
    [{ temperature: 1.5 }, 'temperature'],
    [{ temprature: 0 }, 'temprature'],
    [{ mcp_servers: [{}] }, 'mcp_servers'],
    [{ stop_sequences: [''] }, 'stop_sequences[0]'],
    [{ messages: [{ role: 'system', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [hello, { role: 'assistant', content: 'Once' }] }, 'messages[1]'],
    [{ messages: [hello, call, hello] }, 'messages[2]'],
    [{ messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'z' }] }] }, 'messages[0]'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: {} }] }] },
      'messages[0].content[0].type',
    ],
    [{ tools: [weather, weather] }, 'tools'],
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools[0].type'],
    [{ tool_choice: { type: 'any' } }, 'tool_choice'],
    [{ tools: [weather], tool_choice: { type: 'tool', name: 'wether' } }, 'tool_choice'],
    [{ thinking: { type: 'enabled', budget_tokens: 100 } }, 'thinking'],
    [{ output_config: { effort: 'low' } }, 'output_config.effort'],
  ])('that cannot be answered as asked is a 400 that names why: %j', async (changes, param) => {
    await using given = await serving()
    const response = await given.server.post('/v1/messages', asking(changes))
    const body = (await response.json()) as { error: { param: string }; request_id: string }
    expect([response.status, body]).toMatchObject([
      400,
      { type: 'error', error: { type: 'invalid_request_error', param } },
    ])
    expect(body.request_id).toBe(response.headers.get('x-request-id'))
    expect(given.engine.requests).toEqual([])
  })

  test('whose schema cannot be held to names its own field', async () => {
    await using given = await serving(() => [
      error(elpisError('unsupported_schema', { problem: 'a test says so' })),
    ])
    const format = { type: 'json_schema', schema: {} }
    const response = await given.server.post('/v1/messages', asking({ output_config: { format } }))
    expect(await response.json()).toMatchObject({
      error: { code: 'unsupported_schema', param: 'output_config.format' },
    })
  })

  test('is refused in its own shape wherever it goes wrong', async () => {
    await using given = await serving()
    const { server } = given
    const answers = [
      await server.fetch('/v1/messages'),
      await server.fetch('/v1/messages/batches'),
      await server.post('/v1/messages', '{'),
      await server.post('/v1/messages', 'x', { headers: { 'content-type': 'text/plain' } }),
      await server.post('/v1/messages', JSON.stringify(asking({ system: 'x'.repeat(1_000_000) }))),
      await server.fetch('/v1/messages/batches', { headers: { authorization: 'Bearer elpis-no' } }),
    ]
    const told = await Promise.all(
      answers.map(async (answer) => {
        const { type, error: what } = (await answer.json()) as { type: string; error: { type: string } }
        return [answer.status, type, what.type]
      }),
    )
    expect(told).toEqual([
      [405, 'error', 'invalid_request_error'],
      [404, 'error', 'not_found_error'],
      [400, 'error', 'invalid_request_error'],
      [415, 'error', 'invalid_request_error'],
      [413, 'error', 'request_too_large'],
      [401, 'error', 'authentication_error'],
    ])
  })
})
