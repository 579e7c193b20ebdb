/** What is kept for clients, with the real model and real processes: conversations, files, batches. */
import { once } from 'node:events'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createKey,
  freshHome,
  serveElpis,
  withRealModel,
  type Home,
  type RunningServer,
} from './support/elpis.ts'

const model = 'smollm2:135m'
const endpoint = '/v1/chat/completions'
let home: Home
let server: RunningServer
let key: string

/** Token ids cannot be judged: a server that judges refuses them. */
const open = { ELPIS_GUARD_POLICY: 'open' }
const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 })

beforeAll(async () => {
  home = freshHome()
  await withRealModel(home)
  server = await serveElpis(home, [], { environment: open })
  ;({ key } = await createKey(home))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
})

describe('responses on the real model', () => {
  test('are the same whole and streamed, and the same text as the chat endpoint gives', async () => {
    const asked = { model, temperature: 0, max_output_tokens: 24 }
    const input = 'Count from one to ten.'
    const whole = await client().responses.create({ ...asked, input })
    expect(whole.output_text.length).toBeGreaterThan(10)
    const stream = client().responses.stream({ ...asked, input })
    const deltas: string[] = []
    for await (const event of stream)
      if (event.type === 'response.output_text.delta') deltas.push(event.delta)
    expect(deltas.join('')).toBe(whole.output_text)
    expect((await stream.finalResponse()).output_text).toBe(whole.output_text)
    const chat = await client().chat.completions.create({
      model,
      temperature: 0,
      max_tokens: 24,
      messages: [{ role: 'user', content: input }],
    })
    expect(chat.choices[0]?.message.content).toBe(whole.output_text)
    expect(whole.usage).toMatchObject({
      input_tokens: chat.usage?.prompt_tokens,
      output_tokens: chat.usage?.completion_tokens,
    })
  })

  test('call functions and keep to a form, whole and streamed alike', async () => {
    const parameters = {
      type: 'object',
      properties: { city: { enum: ['Bonn', 'Oslo'] }, days: { type: 'integer' } },
      required: ['city', 'days'],
      additionalProperties: false,
    }
    const asked = {
      model,
      temperature: 0,
      max_output_tokens: 200,
      input: 'How is the weather in Oslo for the next 3 days?',
      tools: [{ type: 'function' as const, name: 'weather', parameters, strict: true }],
      tool_choice: { type: 'function' as const, name: 'weather' },
      parallel_tool_calls: false,
    }
    const whole = await client().responses.create(asked)
    const call = whole.output.find((item) => item.type === 'function_call')
    expect(call).toMatchObject({ name: 'weather', status: 'completed' })
    const given = JSON.parse(call?.arguments ?? '') as { city: string; days: number }
    expect(['Bonn', 'Oslo']).toContain(given.city)
    expect(Number.isInteger(given.days)).toBe(true)
    const stream = client().responses.stream(asked)
    const deltas: string[] = []
    for await (const event of stream) {
      if (event.type === 'response.function_call_arguments.delta') deltas.push(event.delta)
    }
    expect(deltas.join('')).toBe(call?.arguments)
    expect((await stream.finalResponse()).output.map(({ type }) => type)).toEqual(
      whole.output.map(({ type }) => type),
    )
    const { output_text: text } = await client().responses.create({
      model,
      temperature: 0,
      max_output_tokens: 200,
      input: 'Name a city and a number of days.',
      text: { format: { type: 'json_schema', name: 'trip', schema: parameters, strict: true } },
    })
    expect(JSON.parse(text)).toMatchObject({ city: expect.stringMatching(/^(Bonn|Oslo)$/) as unknown })
  })

  test('a conversation goes on by the answer before, as if all of it had been sent again', async () => {
    const asked = { model, temperature: 0, max_output_tokens: 16 }
    const first = await client().responses.create({ ...asked, input: 'My name is Ada.' })
    const continued = await client().responses.create({
      ...asked,
      input: 'What is my name?',
      previous_response_id: first.id,
    })
    const again = await client().responses.create({
      ...asked,
      store: false,
      input: [
        { role: 'user', content: 'My name is Ada.' },
        { role: 'assistant', content: first.output_text },
        { role: 'user', content: 'What is my name?' },
      ],
    })
    expect(continued.output_text).toBe(again.output_text)
    expect(continued.usage?.input_tokens).toBe(again.usage?.input_tokens)
  })
})

test('token ids are continued as the text is that they stand for, alone and beside others', async () => {
  const texts = ['The capital of France is', 'Once upon a time', 'One two three']
  const ask = async (path: string, body: object) => {
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, ...body }),
    })
    return (await answer.json()) as never
  }
  const prompts: number[][] = []
  for (const prompt of texts) {
    const { tokens } = (await ask('/v1/tokenize', { prompt })) as { tokens: number[] }
    prompts.push(tokens)
  }
  const asked = { model, temperature: 0, max_tokens: 12 }
  const byText = await client().completions.create({ ...asked, prompt: texts })
  const byTokens = await client().completions.create({ ...asked, prompt: prompts })
  const alone = await client().completions.create({ ...asked, prompt: prompts[1] ?? [] })
  expect(byText.choices).toHaveLength(3)
  expect(byTokens.choices).toEqual(byText.choices)
  expect(byTokens.usage?.prompt_tokens).toBe(byText.usage?.prompt_tokens)
  expect(alone.choices[0]?.text).toBe(byText.choices[1]?.text)
  expect(await ask('/v1/completions', { prompt: [5, 49_152] })).toMatchObject({
    error: { code: 'token_unknown', param: 'prompt' },
  })
})

test('a batch goes on after its server was killed, and no line is answered twice', async () => {
  const asked = (index: number) => ({
    custom_id: `line ${index}`,
    method: 'POST',
    url: endpoint,
    body: {
      model,
      messages: [{ role: 'user', content: `Say something about the number ${index}.` }],
      temperature: 0,
      max_tokens: 32,
    },
  })
  const content = Array.from({ length: 40 }, (_, index) => JSON.stringify(asked(index))).join('\n')
  const file = await client().files.create({
    file: await toFile(Buffer.from(content), 'work.jsonl'),
    purpose: 'batch',
  })
  const { id } = await client().batches.create({
    input_file_id: file.id,
    endpoint,
    completion_window: '24h',
  })
  const completed = async () => (await client().batches.retrieve(id)).request_counts?.completed ?? 0
  await expect.poll(completed, { interval: 30, timeout: 60_000 }).toBeGreaterThan(4)
  server.process.kill('SIGKILL')
  await once(server.process, 'close')
  server = await serveElpis(home, [], { environment: open })
  await expect
    .poll(async () => (await client().batches.retrieve(id)).status, { interval: 200, timeout: 90_000 })
    .toBe('completed')
  const batch = await client().batches.retrieve(id)
  expect(batch.request_counts).toEqual({ total: 40, completed: 40, failed: 0 })
  const output = await (await client().files.content(batch.output_file_id ?? '')).text()
  const lines = output
    .trimEnd()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as {
          custom_id: string
          response: { body: { choices: { message: { content: string } }[] } }
        },
    )
  expect(lines.map(({ custom_id }) => custom_id).toSorted()).toEqual(
    Array.from({ length: 40 }, (_, index) => `line ${index}`).toSorted(),
  )
  // The same text as somebody gets who asks for it at once: a batch is answered by the same doors.
  const live = await client().chat.completions.create(
    asked(7).body as OpenAI.ChatCompletionCreateParamsNonStreaming,
  )
  const seventh = lines.find(({ custom_id }) => custom_id === 'line 7')
  expect(seventh?.response.body.choices[0]?.message.content).toBe(live.choices[0]?.message.content)
})
