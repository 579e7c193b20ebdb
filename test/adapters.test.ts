/** Adapters on real models: added while the engine runs, chosen per request, mixed in one batch, removed. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import type { AdapterFile } from '../src/engine/model-adapters.ts'
import type { EngineEvent } from '../src/engine/model-supervisor.ts'
import { openAdapterStore, type AdapterRecord, type AdapterStore } from '../src/weights/adapter-store.ts'
import { readGguf } from '../src/weights/gguf/read.ts'
import { collect, errorOf, textOf } from './support/collect.ts'
import { engineRequest } from './support/engine-request.ts'
import { realModelPath, realModelSha256 } from './support/real-model.ts'
import { adapterFor, type AdapterChanges } from './tiny-models/adapter.ts'
import { writeTinyModel } from './tiny-models/families.ts'

const digests = { real: realModelSha256, tiny: 'a'.repeat(64) }
let folder: string
let store: AdapterStore
let engine: EmbeddedEngine
let paths: Record<'real' | 'tiny', string>
let files: Record<string, AdapterFile[]> = {}
let changed = (): void => undefined
const events: EngineEvent[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-adapters-'))
  paths = { real: await realModelPath(), tiny: join(folder, 'tiny.gguf') }
  await writeTinyModel('llama-3.1', paths.tiny)
})
afterEach(async () => {
  await engine.close()
  files = {}
  events.length = 0
  await rm(join(folder, 'adapters'), { recursive: true })
})
afterAll(() => rm(folder, { recursive: true }))

async function start(model: 'real' | 'tiny'): Promise<void> {
  store = openAdapterStore(folder)
  engine = embeddedEngine({
    models: [
      {
        id: model,
        path: paths[model],
        digest: digests[model],
        licence: null,
        createdAt: 1,
        adaptersFolder: await store.folderOf(digests[model]),
      },
    ],
    settings: { ...settings.parse({}).engine, context: 512, sequences: 4, prefix_memory: 0 },
    queue: 100,
    adapters: { of: (id) => files[id] ?? [], onChange: (listener) => void (changed = listener) },
    log: (event) => events.push(event),
  })
}

const noLicence = {
  id: 'not-stated',
  name: 'no licence stated',
  version: null,
  link: null,
  text: null,
  policy: null,
  accepted: { by: 'somebody', at: '2026-01-01T00:00:00.000Z', how: 'not-stated' },
} as const

/** Adds one as the command line does, and tells the engine. */
async function add(model: 'real' | 'tiny', name: string, changes: AdapterChanges): Promise<AdapterRecord> {
  const header = await readGguf(paths[model])
  const path = join(folder, `${name}.gguf`)
  await writeFile(path, adapterFor(header, changes))
  const added = await store.add({
    name,
    model: { name: model, digest: digests[model], header },
    path,
    reference: path,
    licence: noLicence,
    now: 1,
  })
  await tell(model)
  return added
}

async function tell(model: 'real' | 'tiny'): Promise<void> {
  const all = await store.list(digests[model])
  files[model] = all.map((one) => ({
    name: one.name,
    path: store.path(one),
    digest: one.sha256,
    bytes: one.bytes,
    createdAt: 1,
  }))
  changed()
}

async function ask(model: string, question = 'Tell me about the sea.', maxTokens = 16): Promise<string> {
  const parts = await collect(engine.generate(engineRequest(model, question, { maxTokens, ignoreEos: true })))
  expect(errorOf(parts)).toBeNull()
  return textOf(parts)
}

describe.each(['real', 'tiny'] as const)('a %s model', (model) => {
  test('answers in another way with an adapter and as before without, also in one batch of both', async () => {
    await start(model)
    const plain = await ask(model)
    await add(model, 'one', { seed: 1, alpha: 4 })
    await add(model, 'two', { seed: 2, alpha: 4 })
    const one = await ask(`${model}+one`)
    const two = await ask(`${model}+two`)
    expect(new Set([plain, one, two]).size).toBe(3)
    expect(await ask(model)).toBe(plain)

    const kinds = ['', '+one', '+two', '', '+two', '+one']
    const together = await Promise.all(kinds.map((kind) => ask(`${model}${kind}`)))
    expect(together).toEqual([plain, one, two, plain, two, one])
    expect(engine.models().map(({ id, parent }) => [id, parent])).toEqual([
      [model, undefined],
      [`${model}+one`, model],
      [`${model}+two`, model],
    ])
  })
})

test('an adapter of no strength changes nothing', async () => {
  await start('tiny')
  await add('tiny', 'weak', { alpha: 1e-30 })
  expect(await ask('tiny+weak')).toBe(await ask('tiny'))
})

test('a conversation that was computed with one is not taken for another', async () => {
  await start('real')
  const question = `${'The sea is wide and the ships are small. '.repeat(12)}What is wide?`
  const plain = await ask('real', question, 8)
  await add('real', 'one', { alpha: 4 })
  const parts = await collect(engine.generate(engineRequest('real+one', question, { maxTokens: 8 })))
  expect(parts.find((part) => part.type === 'start')?.cachedTokens).toBe(0)
  expect(textOf(parts)).not.toBe(plain)
})

test('one that is removed ends what is new, not what runs; another may take its name', async () => {
  await start('tiny')
  const { base } = await add('tiny', 'tone', { seed: 1, alpha: 4 })
  const before = await ask('tiny+tone', 'x', 64)
  const running = ask('tiny+tone', 'x', 64)
  await store.remove('tone', base)
  await tell('tiny')
  const refused = await collect(engine.generate(engineRequest('tiny+tone', 'x')))
  expect(errorOf(refused)).toBe('model_not_served')
  expect(await running).toBe(before)
  await add('tiny', 'tone', { seed: 9, alpha: 4 })
  expect(await ask('tiny+tone', 'x', 64)).not.toBe(before)
})

test('is there again when its process was lost', async () => {
  await start('tiny')
  await add('tiny', 'tone', { alpha: 4 })
  const before = await ask('tiny+tone')
  process.kill(engine.processId('tiny')!, 'SIGKILL')
  await expect.poll(() => engine.status()[0]?.state.state).toBe('restarting')
  expect(await ask('tiny+tone')).toBe(before)
})

test('a name that nobody has is told with the nearest', async () => {
  await start('tiny')
  await add('tiny', 'pirate', { alpha: 4 })
  const [part] = await collect(engine.generate(engineRequest('tiny+pirat', 'x')))
  expect(part).toMatchObject({ type: 'error', error: { code: 'model_not_served' } })
  expect(part?.type === 'error' && part.error.hint).toContain('tiny+pirate')
})

test('what the native library refuses ends requests for it with the reason, and no process', async () => {
  await start('tiny')
  const { base, sha256 } = await add('tiny', 'sound', { alpha: 4 })
  const path = join(await store.folderOf(base), 'broken.gguf')
  await writeFile(path, (await readFile(store.path({ base, sha256 } as AdapterRecord))).subarray(0, 700))
  files['tiny']!.push({ name: 'broken', path, digest: 'b'.repeat(64), bytes: 1, createdAt: 1 })
  // Outside of its folder there is nothing for the process to read.
  files['tiny']!.push({ name: 'outside', path: paths.real, digest: 'c'.repeat(64), bytes: 1, createdAt: 1 })
  changed()
  for (const name of ['broken', 'outside']) {
    const parts = await collect(engine.generate(engineRequest(`tiny+${name}`, 'x')))
    expect(errorOf(parts)).toBe('adapter_unusable')
  }
  await ask('tiny+sound')
  expect(events.filter(({ type }) => type === 'model-lost')).toEqual([])
})
