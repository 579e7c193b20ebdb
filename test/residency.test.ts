/** Several models in less memory than they take together, with real processes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { embeddedEngine, type EmbeddedEngine, type ModelFile } from '../src/engine/embedded-engine.ts'
import type { EngineEvent } from '../src/engine/model-supervisor.ts'
import { servedMemory } from '../src/server/model-memory.ts'
import { readGguf } from '../src/weights/gguf/read.ts'
import { collect, errorOf, textOf } from './support/collect.ts'
import { engineRequest } from './support/engine-request.ts'
import { realModelPath } from './support/real-model.ts'
import { writeTinyModel } from './tiny-models/families.ts'

const small = { ...settings.parse({}).engine, context: 1024, sequences: 4, prefix_memory: 0, threads: 1 }
let folder: string
let engine: EmbeddedEngine
const events: EngineEvent[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-residency-'))
})
afterEach(async () => {
  await engine.close()
  events.length = 0
})
afterAll(() => rm(folder, { recursive: true }))

async function modelFile(id: string, path: string, pinned = false): Promise<ModelFile> {
  const bytes = servedMemory(await readGguf(path), small).total
  return { id, path, digest: id, licence: null, createdAt: 1, bytes, pinned }
}

async function tiny(id: string, family: 'llama-3.1' | 'qwen3'): Promise<ModelFile> {
  const path = join(folder, `${id}.gguf`)
  await writeTinyModel(family, path)
  return modelFile(id, path)
}

function start(models: readonly ModelFile[], budget: number, keepAlive: number | null = null): void {
  engine = embeddedEngine({
    models,
    settings: small,
    queue: 100,
    house: { budget, keepAlive, timing: { leastStay: 1500, pause: 100 } },
    log: (event) => events.push(event),
  })
}

const stateOf = (id: string) => engine.status().find(({ model }) => model === id)?.state.state
const loads = () => events.filter(({ type }) => type === 'model-loading').length

async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024
}

test('two models that do not fit together are both served, in turns, and every answer is whole', async () => {
  const models = [
    await modelFile('smollm2', await realModelPath()),
    await tiny('llama', 'llama-3.1'),
    await tiny('qwen', 'qwen3'),
  ]
  const [first, second, third] = models.map(({ bytes = 0 }) => bytes) as [number, number, number]
  start(models, Math.max(first, second + third) + 1_000_000)
  const begun = performance.now()
  let answers = 0
  const client = async (id: string) => {
    for (let turn = 0; turn < 6; turn++) {
      const parts = await collect(
        engine.generate(engineRequest(id, `Count to ${turn}.`, { maxTokens: 8, ignoreEos: true })),
      )
      expect(errorOf(parts)).toBeNull()
      expect(parts.find((part) => part.type === 'usage')?.usage.outputTokens).toBe(8)
      answers++
    }
  }
  await Promise.all(['smollm2', 'smollm2', 'smollm2', 'llama', 'llama', 'qwen'].map(client))
  expect(answers).toBe(36)
  // A turn lasts for 1.5 s at least, and at most two models come with it.
  const turns = (performance.now() - begun) / 1500 + 1
  expect(loads()).toBeLessThanOrEqual(2 * turns + 1)
  expect(loads()).toBeGreaterThanOrEqual(3)
  expect(events.filter(({ type }) => type === 'model-lost')).toEqual([])
}, 120_000)

test('a model is loaded once for all who ask for it, and unloaded when nobody does', async () => {
  const [a, b] = [await tiny('a', 'qwen3'), await tiny('b', 'llama-3.1')]
  start([a, b], Math.max(a.bytes!, b.bytes!) + 1_000_000, 700)
  expect([stateOf('a'), stateOf('b')]).toEqual(['loading', 'unloaded'])
  const asked = Array.from({ length: 10 }, () =>
    collect(engine.generate(engineRequest('b', 'x', { maxTokens: 3 }))),
  )
  for (const parts of await Promise.all(asked)) expect(errorOf(parts)).toBeNull()
  expect(loads()).toBe(2)
  const pid = engine.processId('b')!
  await expect.poll(() => stateOf('b'), { timeout: 10_000 }).toBe('unloaded')
  await expect.poll(() => memoryOf(pid).catch(() => null), { timeout: 10_000 }).toBeNull()
  const again = await collect(engine.generate(engineRequest('b', 'x', { maxTokens: 3 })))
  expect(textOf(again)).toBe(textOf(await Promise.resolve(asked[0]!)))
}, 60_000)

test('who would not wait for the turn of a model is told so', async () => {
  const [a, b] = [await tiny('c', 'qwen3'), await tiny('d', 'llama-3.1')]
  start([{ ...a, pinned: true }, b], a.bytes! + 1)
  const parts = await collect(engine.generate(engineRequest('d', 'x', { deadline: Date.now() + 50 })))
  expect(errorOf(parts)).toBe('deadline_passed')
})

test('what a model takes is estimated, never too little and not by much too much', async () => {
  const model = await modelFile('smollm2', await realModelPath())
  start([model], Number.POSITIVE_INFINITY)
  const long = 'A long story about a lighthouse and the sea. '.repeat(60)
  await Promise.all(
    Array.from({ length: 4 }, (_, index) =>
      collect(engine.generate(engineRequest('smollm2', `${index} ${long}`, { maxTokens: 16 }))),
    ),
  )
  const measured = await memoryOf(engine.processId('smollm2')!)
  expect(model.bytes! / measured).toBeGreaterThan(0.93)
  expect(model.bytes! / measured).toBeLessThan(1.3)
})
