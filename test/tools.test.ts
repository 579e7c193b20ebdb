/** Tools on the real model, by OpenAI's client: calls that must be made, results, and chats that need none. */
import type OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { realServer, type RealServer } from './support/real-server.ts'

const model = 'smollm2:135m'
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'How the weather is in a city',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string', maxLength: 20 },
        unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
      },
      required: ['city', 'unit'],
      additionalProperties: false,
    },
  },
}
const time = { type: 'function' as const, function: { name: 'get_time', description: 'What time it is' } }
const question = {
  model,
  messages: [{ role: 'user' as const, content: 'What is the weather in Rome?' }],
  tools: [weather, time],
  max_completion_tokens: 160,
  temperature: 0,
}

let given: RealServer
let client: RealServer['client']

beforeAll(async () => {
  given = await realServer()
  ;({ client } = given)
})
afterAll(async () => {
  await given[Symbol.asyncDispose]()
})

function expectWeather(text: string): void {
  const found = JSON.parse(text) as { city: string; unit: string }
  expect(Object.keys(found)).toEqual(['city', 'unit'])
  expect(typeof found.city).toBe('string')
  expect(['celsius', 'fahrenheit']).toContain(found.unit)
}

describe('a call that must be made', () => {
  const named = { type: 'function' as const, function: { name: 'get_weather' } }

  test.each([0, 1, 2, 3])('is there, valid and complete (seed %i)', async (seed) => {
    const body = { ...question, tool_choice: named, parallel_tool_calls: false, temperature: 1, seed }
    const { choices, usage } = await client.chat.completions.create(body)
    const [choice] = choices
    expect(choice?.finish_reason).toBe('tool_calls')
    expect(choice?.message.content).toBeNull()
    expect(choice?.message.tool_calls).toHaveLength(1)
    const [call] = choice!.message.tool_calls!
    if (call?.type !== 'function') throw new Error('no function')
    expect(call.id).toMatch(/^call_\w{24}$/u)
    expect(call.function.name).toBe('get_weather')
    expectWeather(call.function.arguments)
    expect(usage?.completion_tokens_details?.reasoning_tokens).toBe(0)
  })

  test('comes in pieces that make the same call', async () => {
    const body = { ...question, tool_choice: named, parallel_tool_calls: false, seed: 1 }
    const whole = await client.chat.completions.create(body)
    const stream = client.chat.completions.stream(body)
    const deltas: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall[] = []
    for await (const chunk of stream) deltas.push(...(chunk.choices[0]?.delta.tool_calls ?? []))
    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas[0]).toMatchObject({
      index: 0,
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    })
    expect(deltas.slice(1).every(({ id, index }) => id === undefined && index === 0)).toBe(true)
    const final = await stream.finalChatCompletion()
    expect(final.choices[0]?.finish_reason).toBe('tool_calls')
    const texts = [whole, final].map(({ choices }) => {
      const call = choices[0]?.message.tool_calls?.[0]
      return call?.type === 'function' ? call.function.arguments : null
    })
    expect(texts[0]).toBe(texts[1])
  })

  test('may be any of the tools, and one without parameters has none', async () => {
    const { choices } = await client.chat.completions.create({
      ...question,
      tools: [time],
      tool_choice: 'required',
      parallel_tool_calls: false,
    })
    const calls = choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function)
    expect(calls).toEqual([{ name: 'get_time', arguments: '{}' }])
  })
})

describe('a conversation', () => {
  test('goes on with what a tool gave', async () => {
    const call = {
      id: 'call_1',
      type: 'function' as const,
      function: { name: 'get_weather', arguments: '{"city": "Rome", "unit": "celsius"}' },
    }
    const { choices } = await client.chat.completions.create({
      ...question,
      messages: [
        ...question.messages,
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: 'Sunny, 31 degrees' },
      ],
      max_completion_tokens: 40,
    })
    expect(choices[0]?.message.content ?? choices[0]?.message.tool_calls?.[0]?.id).toMatch(/\w/u)
  })

  test('with tools that nobody needs is a conversation', async () => {
    const body = {
      ...question,
      messages: [{ role: 'user' as const, content: 'Say hello.' }],
      max_completion_tokens: 40,
    }
    const { choices } = await client.chat.completions.create(body)
    expect(['stop', 'length', 'tool_calls']).toContain(choices[0]?.finish_reason)
    const bare = { ...body, tool_choice: 'none' as const }
    const without = await client.chat.completions.create(bare)
    const { tools: _tools, ...plain } = body
    const alone = await client.chat.completions.create(plain)
    expect(without.choices[0]?.message.content).toBe(alone.choices[0]?.message.content)
    expect(without.choices[0]?.message.tool_calls).toBeUndefined()
  })

  test('with a strict tool that no grammar can hold to is refused, and names it', async () => {
    const parameters = { type: 'object', properties: { a: { not: {} } }, required: ['a'] }
    const tool = { type: 'function' as const, function: { name: 'odd', strict: true, parameters } }
    await expect(client.chat.completions.create({ ...question, tools: [tool] })).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_schema',
      param: 'tools',
    })
  })
})
