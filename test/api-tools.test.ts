/** Tools and thoughts at the chat endpoint: what reaches the engine, what comes back, and what is refused. */
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import type { Part } from '../src/core/part.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { fakeEngine, finish, start, text, usage, type FakeEngine } from './support/fake-engine.ts'

interface Given extends AsyncDisposable {
  readonly server: ApiServer
  readonly engine: FakeEngine
  readonly client: OpenAI
}

async function serving(answer?: () => Iterable<Part>): Promise<Given> {
  const engine = fakeEngine(answer === undefined ? {} : { answer })
  const server = await apiServer(engine)
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 })
  return { server, engine, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const tool = (name: string, more: object = {}) => ({ type: 'function', function: { name, ...more } })
const chat = (more: object = {}) => ({
  model: 'fake:1b',
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
})

function* thinkingAndCalling(): Generator<Part> {
  yield start(3)
  yield { type: 'reasoning-delta', choice: 0, text: 'Hm', tokens: 1, logprobs: null }
  yield { type: 'reasoning-delta', choice: 0, text: '.', tokens: 1, logprobs: null }
  yield text('Looking.')
  yield { type: 'tool-call-start', choice: 0, call: 0, id: 'call_a', name: 'weather' }
  yield { type: 'tool-call-delta', choice: 0, call: 0, arguments: '{"city":', tokens: 2 }
  yield { type: 'tool-call-delta', choice: 0, call: 0, arguments: ' "Rome"}', tokens: 2 }
  yield { type: 'tool-call-start', choice: 0, call: 1, id: 'call_b', name: 'time' }
  yield { type: 'tool-call-delta', choice: 0, call: 1, arguments: '{}', tokens: 1 }
  yield finish('tool_calls')
  yield {
    ...usage(3, 8),
    usage: { promptTokens: 3, cachedTokens: 0, outputTokens: 8, reasoningTokens: 2 },
  } as Part
}

const calls = [
  { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city": "Rome"}' } },
  { id: 'call_b', type: 'function', function: { name: 'time', arguments: '{}' } },
]

describe('an answer with a thought and calls', () => {
  test('whole', async () => {
    await using given = await serving(thinkingAndCalling)
    const answer = await given.client.chat.completions.create({
      model: 'fake:1b',
      messages: [{ role: 'user', content: 'hi' }],
    })
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: 'Looking.', reasoning_content: 'Hm.', tool_calls: calls },
    })
    expect(answer.usage?.completion_tokens_details).toEqual({ reasoning_tokens: 2 })
  })

  test('as events: id and name once, arguments in pieces', async () => {
    await using given = await serving(thinkingAndCalling)
    const response = await given.server.post('/v1/chat/completions', chat({ stream: true }))
    const events = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'))
    const deltas = events.map(
      (line) => (JSON.parse(line.slice(6)) as OpenAI.ChatCompletionChunk).choices[0]?.delta,
    )
    expect(deltas).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { reasoning_content: 'Hm' },
      { reasoning_content: '.' },
      { content: 'Looking.' },
      {
        tool_calls: [
          { index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ' "Rome"}' } }] },
      {
        tool_calls: [{ index: 1, id: 'call_b', type: 'function', function: { name: 'time', arguments: '' } }],
      },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      {},
    ])
    const stream = given.client.chat.completions.stream({
      model: 'fake:1b',
      messages: [{ role: 'user', content: 'hi' }],
    })
    expect((await stream.finalChatCompletion()).choices[0]?.message.tool_calls).toMatchObject(calls)
  })
})

describe('what reaches the engine', () => {
  test('tools, the choice among them, calls and results of earlier turns', async () => {
    await using given = await serving()
    const parameters = { type: 'object', properties: { city: { type: 'string' } } }
    await given.server.post(
      '/v1/chat/completions',
      chat({
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: null, reasoning_content: 'Hm.', tool_calls: calls },
          { role: 'tool', tool_call_id: 'call_a', content: [{ type: 'text', text: 'sun' }] },
        ],
        tools: [tool('weather', { description: 'd', parameters, strict: true }), tool('time')],
        tool_choice: { type: 'function', function: { name: 'weather' } },
        parallel_tool_calls: false,
        reasoning_effort: 'low',
        reasoning_budget: 7,
      }),
    )
    expect(given.engine.requests[0]).toMatchObject({
      input: {
        messages: [
          { role: 'user', content: 'hi' },
          {
            role: 'assistant',
            content: '',
            reasoning: 'Hm.',
            toolCalls: [
              { id: 'call_a', name: 'weather', arguments: '{"city": "Rome"}' },
              { id: 'call_b', name: 'time', arguments: '{}' },
            ],
          },
          { role: 'tool', content: 'sun', toolCallId: 'call_a' },
        ],
      },
      toolUse: {
        tools: [
          { name: 'weather', description: 'd', parameters, strict: true },
          { name: 'time', description: null, parameters: null, strict: false },
        ],
        choice: { name: 'weather' },
        parallel: false,
      },
      reasoning: { mode: 'on', budget: 7, effort: 'low' },
    })
  })

  test.each([
    [{}, { mode: 'default', budget: null }],
    [{ reasoning_effort: 'none' }, { mode: 'off', budget: null }],
    [{ reasoning_effort: 'xhigh' }, { mode: 'on', budget: null, effort: 'high' }],
    [{ chat_template_kwargs: { enable_thinking: false } }, { mode: 'off', budget: null }],
    [{ chat_template_kwargs: { thinking: true } }, { mode: 'on', budget: null }],
  ])('%j as %j', async (field, reasoning) => {
    await using given = await serving()
    await given.server.post('/v1/chat/completions', chat({ ...field, tools: [] }))
    expect(given.engine.requests[0]).toMatchObject({ toolUse: null, reasoning })
  })
})

describe('refused before the engine', () => {
  const deep = (levels: number): object =>
    levels === 0 ? {} : { type: 'object', properties: { a: deep(levels - 1) } }
  const refusals: readonly [field: object, param: string][] = [
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [{ tools: [tool('with space')] }, 'tools[0].function.name'],
    [{ tools: [tool('<|im_end|>')] }, 'tools[0].function.name'],
    [{ tools: [tool('x'.repeat(129))] }, 'tools[0].function.name'],
    [{ tools: [tool('a'), tool('a')] }, 'tools'],
    [{ tools: [tool('a', { parameters: [] })] }, 'tools[0].function.parameters'],
    [{ tools: [tool('a', { parameters: 'x' })] }, 'tools[0].function.parameters'],
    [{ tools: [tool('a', { parameters: { type: 'array' } })] }, 'tools[0].function.parameters'],
    [{ tools: [tool('a', { parameters: { type: { pattern: '(' } } })] }, 'tools[0].function.parameters'],
    [{ tools: [tool('a', { more: 1 })] }, 'tools[0].function.more'],
    [{ tools: Array.from({ length: 129 }, (_, index) => tool(`t${index}`)) }, 'tools'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [tool('a')], tool_choice: { type: 'function', function: { name: 'b' } } }, 'tool_choice'],
    [{ tools: [tool('a')], tool_choice: 'always' }, 'tool_choice'],
    [{ messages: [{ role: 'assistant', content: null }] }, 'messages[0].content'],
    [{ messages: [{ role: 'assistant', content: null, tool_calls: [{}] }] }, 'messages[0].tool_calls[0].id'],
    [{ functions: [{ name: 'f' }] }, 'functions'],
    [{ function_call: { name: 'f' } }, 'function_call'],
    [{ reasoning_effort: 'much' }, 'reasoning_effort'],
    [{ reasoning_budget: -1 }, 'reasoning_budget'],
    [{ chat_template_kwargs: { other: 1 } }, 'chat_template_kwargs.other'],
  ]
  test.each(refusals)('%j', async (field, param) => {
    await using given = await serving()
    const response = await given.server.post('/v1/chat/completions', chat(field))
    const { error } = (await response.json()) as { error: { param: string } }
    expect([response.status, error.param]).toEqual([400, param])
    expect(given.engine.calls).toHaveLength(0)
  })

  test('the old way names the new one', async () => {
    await using given = await serving()
    const response = await given.server.post('/v1/chat/completions', chat({ functions: [{ name: 'f' }] }))
    expect(await response.text()).toContain('send \\"tools\\"')
  })

  test('tools nested beyond all measure, and tools too long together', async () => {
    await using given = await serving()
    const text = JSON.stringify(chat({ tools: [tool('a', { parameters: 0 })] }))
    const nested = text.replace('"parameters":0', `"parameters":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`)
    expect((await given.server.post('/v1/chat/completions', nested)).status).toBe(400)
    const sound = await given.server.post(
      '/v1/chat/completions',
      chat({ tools: [tool('a', { parameters: { type: 'object', ...deep(20) } })] }),
    )
    expect(sound.status).toBe(200)
    expect(given.engine.calls).toHaveLength(1)
  })
})
