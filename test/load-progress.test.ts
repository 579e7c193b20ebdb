/** Who waits for a model that is being loaded is told how far it is, by every door, and no client stumbles over that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { afterAll, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import { apiServer } from './support/api-server.ts'
import { collect, errorOf, textOf } from './support/collect.ts'
import { engineRequest } from './support/engine-request.ts'
import { realModelPath } from './support/real-model.ts'

const folder = mkdtempSync(join(tmpdir(), 'elpis-loading-'))
const engines: EmbeddedEngine[] = []
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()))
  rmSync(folder, { recursive: true })
})

/** A server whose model is half loaded, and wholly a moment after the first request. */
async function loading() {
  const path = join(folder, `${engines.length}.gguf`)
  writeFileSync(path, 'later')
  const engine = embeddedEngine({
    models: [{ id: 'm', path, digest: 'd'.repeat(64), licence: 'MIT', createdAt: 1 }],
    settings: settings.parse({}).engine,
    queue: 10,
    entry: new URL('./support/scripted-engine-process.ts', import.meta.url),
    timing: { telling: 50 },
  })
  engines.push(engine)
  const server = await apiServer(engine)
  await expect.poll(() => engine.status()[0]?.state, { timeout: 10_000 }).toMatchObject({ fraction: 0.5 })
  setTimeout(() => writeFileSync(path, 'plain'), 700)
  return server
}

const question = { model: 'm', messages: [{ role: 'user' as const, content: 'one two' }] }

/** The lines of a stream. */
async function linesOf(path: string, body: object): Promise<string[]> {
  await using server = await loading()
  const response = await server.post(path, { ...body, stream: true })
  expect(response.status).toBe(200)
  return (await response.text()).split('\n').filter((line) => line !== '')
}

test.each([
  ['/v1/chat/completions', question],
  ['/v1/completions', { model: 'm', prompt: 'one two' }],
  ['/v1/responses', { model: 'm', input: 'one two' }],
  ['/v1/messages', { ...question, max_tokens: 10 }],
])('%s says so in comments, before the first event', async (path, body) => {
  const lines = await linesOf(path, body)
  const comments = lines.filter((line) => line.startsWith(':'))
  expect(comments.length).toBeGreaterThan(1)
  expect(comments.at(-1)).toBe(': loading 50%')
  expect(lines.slice(0, comments.length)).toEqual(comments)
  expect(lines.join()).toContain('two')
})

test('Ollama’s doors say so in lines without a word', async () => {
  const lines = (await linesOf('/api/chat', question)).map((line) => JSON.parse(line) as Line)
  const told = lines.filter(({ loading }) => loading !== undefined)
  expect(told.at(-1)).toMatchObject({ loading: 0.5, done: false, message: { content: '' } })
  expect(lines.map(({ message }) => message.content).join('')).toBe('one two ')
})

interface Line {
  readonly loading?: number
  readonly message: { readonly content: string }
}

test('a whole answer waits without a word', async () => {
  await using server = await loading()
  const response = await server.post('/v1/chat/completions', question)
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'one two ' } }] })
})

test('the official clients of OpenAI, Anthropic and Ollama read past it', async () => {
  await using server = await loading()
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 })
  const anthropic = new Anthropic({ baseURL: server.url, apiKey: server.key, maxRetries: 0 })
  const headers = { authorization: `Bearer ${server.key}` }
  const ollama = new Ollama({ host: server.url, headers })
  const texts = await Promise.all([
    openai.chat.completions.stream(question).finalContent(),
    openai.responses
      .stream({ model: 'm', input: 'one two' })
      .finalResponse()
      .then(({ output_text: text }) => text),
    anthropic.messages.stream({ ...question, max_tokens: 10 }).finalText(),
    (async () => {
      let text = ''
      for await (const { message } of await ollama.chat({ ...question, stream: true }))
        text += message.content
      return text
    })(),
  ])
  expect(texts).toEqual(['one two ', 'one two ', 'one two ', 'one two '])
})

test('/ready says how far it is', async () => {
  await using server = await loading()
  await expect
    .poll(async () => JSON.stringify(await (await server.fetch('/ready')).json()))
    .toContain('its model is loading 50%')
  await expect.poll(async () => (await server.fetch('/ready')).status).toBe(200)
})

test('a real model tells how much of it was read', async () => {
  const engine = embeddedEngine({
    models: [
      { id: 'm', path: await realModelPath(), digest: 'd'.repeat(64), licence: 'Apache-2.0', createdAt: 1 },
    ],
    settings: { ...settings.parse({}).engine, context: 512 },
    queue: 10,
    timing: { telling: 1 },
  })
  engines.push(engine)
  const parts = await collect(engine.generate(engineRequest('m', 'Hello', { maxTokens: 4 })))
  expect(errorOf(parts)).toBeNull()
  expect(textOf(parts)).not.toBe('')
  const told = parts.flatMap((part) => (part.type === 'loading' ? [part.fraction] : []))
  expect(told).toEqual(told.toSorted((left, right) => left - right))
  expect(told.at(-1)).toBeGreaterThan(0.5)
})
