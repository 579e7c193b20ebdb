/** Who is answered first, who is not let in, and what is never begun: over HTTP, with an engine of one sequence. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'elpis-fairness-'))
const weights: Record<string, number> = {}
const keys: string[] = []
let engine: EmbeddedEngine
let server: ApiServer

beforeAll(async () => {
  const path = join(folder, 'plain.gguf')
  writeFileSync(path, 'plain')
  engine = embeddedEngine({
    models: [{ id: 'm', path, digest: 'd'.repeat(64), licence: 'MIT', createdAt: 1 }],
    settings: { ...settings.parse({}).engine, sequences: 1 },
    queue: 30,
    queuePerKey: 20,
    entry: new URL('./support/scripted-engine-process.ts', import.meta.url),
  })
  server = await apiServer(engine, { weights })
  for (const name of ['heavy', 'light']) {
    const { key, id } = await server.access.createKey(name)
    keys.push(key)
    weights[id] = name === 'heavy' ? 3 : 1
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await engine.close()
  rmSync(folder, { recursive: true })
})

const asked = () => engine.status()[0]!
async function queued(count: number): Promise<void> {
  await expect.poll(() => asked().queued, { timeout: 10_000 }).toBe(count)
}
async function active(count: number): Promise<void> {
  await expect.poll(() => asked().active, { timeout: 10_000 }).toBe(count)
}

/** A request of this word; the engine echoes it, and `wait` holds its only sequence until nobody waits any more. */
function ask(
  word: string,
  key = server.key,
  changes: object = {},
  init: RequestInit = {},
): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) }
  const body = { model: 'm', prompt: word, max_tokens: 1, ...changes }
  return server.post('/v1/completions', body, { ...init, headers } as Parameters<ApiServer['post']>[2])
}

/** The engine's sequence is taken until the test gives it back. */
let free: () => Promise<void>
beforeEach(async () => {
  const leaving = new AbortController()
  const held = ask('wait', server.key, {}, { signal: leaving.signal }).catch(() => null)
  await active(1)
  free = async () => {
    leaving.abort()
    await held
  }
})

const codeOf = async (answer: Response) =>
  ((await answer.json()) as { error?: { code: string } }).error?.code ?? null

test('keys take turns by their weights, however many requests each has waiting', async () => {
  const order: string[] = []
  const [heavy, light] = keys as [string, string]
  const all: Promise<unknown>[] = []
  // The light one came first, and all at once.
  for (const [index, name] of [
    ...Array<'light'>(12).fill('light'),
    ...Array<'heavy'>(12).fill('heavy'),
  ].entries()) {
    const key = name === 'heavy' ? heavy : light
    all.push(
      ask('word', key, { stream: false })
        .then((response) => response.text())
        .then(() => order.push(name)),
    )
    await queued(index + 1)
  }
  await free()
  await Promise.all(all)
  const early = order.slice(0, 12).filter((name) => name === 'heavy').length
  expect(early).toBeGreaterThanOrEqual(8)
  expect(early).toBeLessThanOrEqual(10)
})

test('what may wait gives way to what came later', async () => {
  const order: string[] = []
  const later = ask('word', keys[0], { priority: 2 }).then(() => order.push('may wait'))
  await queued(1)
  const sooner = ask('word', keys[0]).then(() => order.push('usual'))
  await queued(2)
  await free()
  await Promise.all([later, sooner])
  expect(order).toEqual(['usual', 'may wait'])
})

test('one key has its own places and no more; all have so many together', async () => {
  const leaving = new AbortController()
  const waiting = Array.from({ length: 20 }, () =>
    ask('word', keys[0], {}, { signal: leaving.signal }).catch(() => null),
  )
  await queued(20)
  const greedy = await ask('word', keys[0])
  expect({ status: greedy.status, code: await codeOf(greedy) }).toEqual({
    status: 429,
    code: 'too_many_at_once',
  })
  expect(Number(greedy.headers.get('retry-after'))).toBeGreaterThan(0)
  waiting.push(
    ...Array.from({ length: 10 }, () =>
      ask('word', keys[1], {}, { signal: leaving.signal }).catch(() => null),
    ),
  )
  await queued(30)
  const late = await ask('word', keys[1])
  expect({ status: late.status, code: await codeOf(late) }).toEqual({ status: 503, code: 'overloaded' })
  expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0)
  // Whoever leaves takes no place any more, and nothing is begun for them.
  leaving.abort()
  await queued(0)
  await Promise.all(waiting)
  await free()
})

test('a client that would not wait so long is told in time, and nothing is begun for it', async () => {
  const begun = performance.now()
  const late = await ask('word', keys[0], {}, { headers: { 'x-stainless-timeout': '0.3' } })
  expect({ status: late.status, code: await codeOf(late) }).toEqual({ status: 504, code: 'deadline_passed' })
  expect(performance.now() - begun).toBeLessThan(3000)
  expect(asked()).toMatchObject({ active: 1, queued: 0 })
  await free()
})

test('whoever leaves in mid-answer gives the engine back at once', async () => {
  await free()
  await active(0)
  const next = await ask('word', keys[0])
  expect(next.status).toBe(200)
})
