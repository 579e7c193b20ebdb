/** One server in front of another, both real, with the real model behind: what a client sees is the same. */
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createKey,
  freshHome,
  serveElpis,
  withRealModel,
  type Home,
  type RunningServer,
} from './support/elpis.ts'
import { until } from './support/upstream-engines.ts'

const model = 'smollm2:135m'
const question = {
  model,
  messages: [{ role: 'user' as const, content: 'Count from one to ten.' }],
  temperature: 0,
  max_tokens: 16,
}

let homes: { readonly back: Home; readonly front: Home }
let back: RunningServer
let front: RunningServer
let keys: { readonly back: string; readonly front: string }
let direct: OpenAI
let through: OpenAI

beforeAll(async () => {
  homes = { back: freshHome(), front: freshHome() }
  await withRealModel(homes.back)
  back = await serveElpis(homes.back)
  keys = { back: (await createKey(homes.back)).key, front: (await createKey(homes.front)).key }
  // All that is configured: nothing is pulled, for the other one has the model.
  front = await serveElpis(homes.front, [], { environment: await configured() })
  direct = new OpenAI({ baseURL: `${back.url}/v1`, apiKey: keys.back, maxRetries: 0 })
  through = new OpenAI({ baseURL: `${front.url}/v1`, apiKey: keys.front, maxRetries: 0 })
})
afterAll(async () => {
  await front[Symbol.asyncDispose]()
  await back[Symbol.asyncDispose]()
  await homes.front[Symbol.asyncDispose]()
  await homes.back[Symbol.asyncDispose]()
})

/** Writes the settings of the front, and returns the variable that holds its key for the back. */
async function configured(): Promise<NodeJS.ProcessEnv> {
  const { writeFile } = await import('node:fs/promises')
  const settings = `[upstreams.back]\nurl = "${back.url}/v1"\nkey_env = "KEY_OF_BACK"\nhealth_seconds = 0.2\n`
  await writeFile(`${homes.front.path}/elpis.toml`, settings)
  return { KEY_OF_BACK: keys.back }
}

test('the models of the other are known by themselves, with what they are', async () => {
  const [theirs, ours] = [await direct.models.list(), await through.models.list()]
  expect(ours.data).toHaveLength(1)
  expect(ours.data[0]).toMatchObject({ ...theirs.data[0], created: expect.any(Number) as number })
})

test('an answer is the same, whole and as a stream, with the same usage', async () => {
  const expected = await direct.chat.completions.create(question)
  const whole = await through.chat.completions.create(question)
  expect(whole.choices).toEqual(expected.choices)
  expect(whole.usage).toMatchObject({
    prompt_tokens: expected.usage?.prompt_tokens,
    completion_tokens: expected.usage?.completion_tokens,
  })
  const stream = await through.chat.completions.create({
    ...question,
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
    expected.choices[0]?.message.content,
  )
  expect(chunks.at(-1)?.usage?.completion_tokens).toBe(expected.usage?.completion_tokens)
})

test('probabilities, extensions, several choices and text go through', async () => {
  const changes = { logprobs: true, top_logprobs: 2, n: 2, top_k: 5, seed: 7, temperature: 1 }
  const expected = await direct.chat.completions.create({ ...question, ...changes })
  expect((await through.chat.completions.create({ ...question, ...changes })).choices).toEqual(
    expected.choices,
  )
  const text = { model, prompt: 'Once upon a time', max_tokens: 8, temperature: 0 }
  const continued = await through.completions.create(text)
  expect(continued.choices[0]?.text).toBe((await direct.completions.create(text)).choices[0]?.text)
})

test('tokens come from the other as well', async () => {
  const ask = async (url: string, key: string) => {
    const response = await fetch(`${url}/v1/tokenize`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: question.messages }),
    })
    return (await response.json()) as object
  }
  expect(await ask(front.url, keys.front)).toEqual(await ask(back.url, keys.back))
})

test('what the other refuses says why', async () => {
  const tooLong = { ...question, messages: [{ role: 'user' as const, content: 'long '.repeat(20_000) }] }
  await expect(through.chat.completions.create(tooLong)).rejects.toMatchObject({
    status: 400,
    code: 'upstream_refused',
    message: expect.stringMatching(/context/) as string,
  })
})

test('a client that leaves ends the answer at the other', async () => {
  const busy = async () => {
    const response = await fetch(`${back.url}/health`, { headers: { authorization: `Bearer ${keys.back}` } })
    return ((await response.json()) as { models: { active: number }[] }).models[0]?.active
  }
  const leave = new AbortController()
  const stream = await through.chat.completions.create(
    { ...question, max_tokens: 4000, stream: true },
    { signal: leave.signal, body: { ...question, max_tokens: 4000, stream: true, ignore_eos: true } },
  )
  const chunks = stream[Symbol.asyncIterator]()
  await chunks.next()
  expect(await busy()).toBe(1)
  leave.abort()
  while ((await busy()) !== 0) await new Promise((resolve) => setTimeout(resolve, 10))
})

test('neither key stands in a log, and a back that is gone is an error that says so', async () => {
  await back.stop()
  await expect(through.chat.completions.create(question)).rejects.toMatchObject({
    status: 503,
    code: 'upstream_unavailable',
  })
  await until(() => front.log().includes('upstream-ill'))
  expect((await fetch(`${front.url}/ready`)).status).toBe(503)
  expect(front.log()).not.toContain(keys.back)
  expect(front.log()).not.toContain(keys.front)
})
