/** What was computed of a declared prompt is there after a restart, and nothing else is ever on disk. */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
import { realModelSha256 } from './support/real-model.ts'

const words = 'river mountain city train music bread winter lamp garden letter'.split(' ')
const text = (seed: number) =>
  Array.from({ length: 300 }, (_, index) => words[(index * index + seed * 3 + index) % words.length]).join(
    ' ',
  )
const declared = `You know these words: ${text(1)}.`
const unheard = `You know these words: ${text(2)}.`

let home: Home
let server: RunningServer
let client: OpenAI
let folder: string

beforeAll(async () => {
  home = freshHome()
  await withRealModel(home)
  folder = join(home.path, 'prefixes', realModelSha256)
  writeFileSync(
    join(home.path, 'elpis.toml'),
    `[engine]\nshared_prompts = [${JSON.stringify(declared)}]\ncontext = 2048\n[guard]\npolicy = "open"\n`,
  )
  await start()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
})

async function start(mebibytes = 64): Promise<void> {
  const environment = { ELPIS_ENGINE_PREFIX_DISK: `${mebibytes}` }
  server = await serveElpis(home, ['--log-level', 'error'], { environment })
  const { key } = await createKey(home)
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 })
}

/** The server is stopped, its files are changed, and it is started again. */
async function restart(change: () => void = () => undefined, mebibytes?: number): Promise<void> {
  expect(await server.stop()).toBe(0)
  change()
  await start(mebibytes)
}

async function ask(system: string) {
  const begun = performance.now()
  const { choices, usage } = await client.chat.completions.create({
    model: 'smollm2:135m',
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: 'Which of the words is a building?' },
    ],
    temperature: 0,
    max_tokens: 24,
  })
  return {
    text: choices[0]?.message.content,
    cached: usage?.prompt_tokens_details?.cached_tokens ?? Number.NaN,
    milliseconds: Math.round(performance.now() - begun),
  }
}

const files = () => readdirSync(folder)
const file = () => join(folder, files()[0]!)
const size = () => (files().length === 1 ? statSync(file()).size : 0)

test('a declared prompt is found again after a restart, whole, and the text is the same', async () => {
  await ask(unheard)
  const cold = await ask(declared)
  expect(cold.cached).toBeLessThan(30)
  await expect.poll(files, { timeout: 10_000 }).toHaveLength(1)
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  await restart()
  const warm = await ask(declared)
  expect(warm.cached).toBeGreaterThan(300)
  expect(warm.text).toBe(cold.text)
  // The other prompt, which nobody declared, is not.
  expect((await ask(unheard)).cached).toBeLessThan(30)
  expect(files()).toHaveLength(1)
  console.log(`cold ${cold.milliseconds} ms, after a restart ${warm.milliseconds} ms; ${size()} bytes`)
})

test.each([
  ['cut', () => truncateSync(file(), Math.floor(size() / 2))],
  [
    'damaged',
    () => {
      const bytes = readFileSync(file())
      bytes[Math.floor(bytes.length / 3)]! ^= 1
      writeFileSync(file(), bytes)
    },
  ],
  ['empty', () => truncateSync(file(), 0)],
])('a file that is %s is refused, and computed again', async (_, damage) => {
  const whole = size()
  const before = await ask(declared)
  await restart(damage)
  const cold = await ask(declared)
  expect(cold.cached).toBeLessThan(30)
  expect(cold.text).toBe(before.text)
  await expect.poll(() => readFileSync(file()).length, { timeout: 10_000 }).toBe(whole)
  await restart()
  const warm = await ask(declared)
  expect(warm.cached).toBeGreaterThan(300)
  expect(warm.text).toBe(before.text)
})

test('one that another layout of the cache computed is not used', async () => {
  await restart(() => {
    const path = join(home.path, 'elpis.toml')
    writeFileSync(path, readFileSync(path, 'utf8').replace('context = 2048', 'context = 1024'))
  })
  expect((await ask(declared)).cached).toBeLessThan(30)
})

test('nothing is there once it is turned off', async () => {
  await restart(undefined, 0)
  await expect.poll(() => readdirSync(home.path)).not.toContain('prefixes')
  await ask(declared)
  expect(readdirSync(home.path)).not.toContain('prefixes')
})
