import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeTinyModel } from '../../../test/tiny-models/families.ts'
import {
  bool,
  bools,
  f32,
  ggufBytes,
  i32s,
  text,
  u32,
  type TypedValue,
} from '../../../test/tiny-models/gguf-writer.ts'
import { soundParts } from '../../../test/tiny-models/sound-file.ts'
import { estimateMemory, type MemoryQuestion } from './memory.ts'
import { readGguf } from './read.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-memory-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const MiB = 1024 * 1024

/** The metadata of SmolLM2-135M-Instruct, without its vocabulary and weights. */
const smollm2 = {
  'llama.block_count': u32(30),
  'llama.context_length': u32(8192),
  'llama.embedding_length': u32(576),
  'llama.feed_forward_length': u32(1536),
  'llama.attention.head_count': u32(9),
  'llama.attention.head_count_kv': u32(3),
  'llama.vocab_size': u32(49_152),
  'tokenizer.ggml.tokens': null,
  'tokenizer.ggml.scores': null,
  'tokenizer.ggml.token_type': null,
  'tokenizer.ggml.model': text('none'),
} as const

async function estimate(changes: Readonly<Record<string, TypedValue | null>>, question: MemoryQuestion) {
  const path = join(folder, 'model.gguf')
  await writeFile(path, ggufBytes(soundParts(changes, { tensors: [] })))
  return estimateMemory(await readGguf(path), question)
}

/** What llama.cpp 0.5.0 printed for SmolLM2-135M-Instruct as it made its buffers, in MiB. */
describe('what the native library reported', () => {
  test.each<[Omit<MemoryQuestion, 'contextTokens'> & { cacheTokens: number }, number, number, number]>([
    [{ cacheTokens: 8192, sequences: 1 }, 180, 98.25, 0.19],
    [{ cacheTokens: 8192, sequences: 1, flashAttention: false }, 180, 166.38, 0.19],
    [{ cacheTokens: 32_768, sequences: 16 }, 720, 98.25, 3],
    [{ cacheTokens: 32_768, sequences: 16, outputTokens: 16 }, 720, 45.51, 3],
    [{ cacheTokens: 2048, sequences: 4, batchTokens: 128 }, 45, 25.63, 0.75],
    [{ cacheTokens: 131_072, sequences: 1 }, 2880, 141.51, 0.19],
  ])('%o', async (question, cache, compute, output) => {
    const found = await estimate(smollm2, { contextTokens: question.cacheTokens, ...question })
    expect(found.cache).toBe(cache * MiB)
    expect(found.output / MiB).toBeCloseTo(output, 2)
    expect(Math.abs(found.compute / MiB - compute) / compute).toBeLessThan(0.05)
    expect(found.total).toBe(found.weights + found.cache + found.compute + found.output)
  })

  test.each([
    [true, 6, 17.15],
    [false, 3.81, 13.65],
  ])('for a sliding window, whole cache: %s', async (fullWindowCache, cache, compute) => {
    const path = join(folder, 'gemma.gguf')
    await writeTinyModel('gemma-3', path)
    const question = { contextTokens: 8192, cacheTokens: 8192, sequences: 4, fullWindowCache }
    const found = estimateMemory(await readGguf(path), question)
    expect(found.weights / MiB).toBeCloseTo(0.57, 2)
    expect(found.cache / MiB).toBeCloseTo(cache, 2)
    expect(Math.abs(found.compute / MiB - compute) / compute).toBeLessThan(0.05)
  })
})

/** The same for all-MiniLM-L6-v2, one text at a time. */
const minilm = {
  ...smollm2,
  'llama.block_count': u32(6),
  'llama.embedding_length': u32(384),
  'llama.attention.head_count': u32(12),
  'llama.attention.head_count_kv': u32(12),
  'llama.vocab_size': u32(30_522),
  'llama.pooling_type': u32(1),
}

test.each([
  [512, 5.76],
  [128, 1.35],
])('an encoder has no cache, and %i tokens of a text at once', async (contextTokens, compute) => {
  const encoder = { ...minilm, 'llama.attention.causal': bool(false) }
  const question = { contextTokens, sequences: 16, cacheTokens: 8192, batchTokens: 64 }
  const found = await estimate(encoder, question)
  expect(found.cache).toBe(0)
  expect(found.output / MiB).toBeCloseTo(0.12, 2)
  expect(Math.abs(found.compute / MiB - compute) / compute).toBeLessThan(0.05)
  const trained = { ...encoder, 'llama.context_length': u32(contextTokens) }
  expect(await estimate(trained, { ...question, contextTokens: 100_000 })).toEqual(found)
  // One that sees only what is before a token keeps that.
  expect((await estimate({ ...encoder, 'llama.attention.causal': null }, question)).cache).toBeGreaterThan(0)
})

const dense = { ...smollm2, 'llama.attention.key_length': u32(64), 'llama.attention.value_length': u32(64) }
const at = { contextTokens: 1024, sequences: 1 }

test('the cache grows with context, sequences and heads, and shrinks with its type', async () => {
  const { cache } = await estimate(dense, at)
  // 30 layers × 1,024 cells × (3 × 64 + 3 × 64) × 2 bytes.
  expect(cache).toBe(30 * 1024 * 384 * 2)
  expect((await estimate(dense, { ...at, sequences: 4 })).cache).toBe(4 * cache)
  expect((await estimate(dense, { ...at, sequences: 4, cacheTokens: 1024 })).cache).toBe(cache)
  expect((await estimate(dense, { ...at, keyType: 'F32', valueType: 'F32' })).cache).toBe(2 * cache)
  expect((await estimate(dense, { ...at, keyType: 'Q8_0', valueType: 'Q8_0' })).cache).toBe(
    (cache / 2 / 32) * 34,
  )
  expect((await estimate(dense, { ...at, keyType: 'Q8_0' })).cache).toBe((cache / 4 / 32) * 34 + cache / 2)
  expect((await estimate(dense, { ...at, contextTokens: 1025 })).cache).toBe((cache / 1024) * 1280)
  expect((await estimate({ ...dense, 'llama.attention.key_length': u32(128) }, at)).cache).toBe(1.5 * cache)
  expect((await estimate({ ...dense, 'llama.attention.head_count_kv': u32(9) }, at)).cache).toBe(3 * cache)
})

test('heads may differ by layer', async () => {
  const changes = { ...dense, 'llama.block_count': u32(3), 'llama.attention.head_count_kv': i32s([3, 0, 9]) }
  expect((await estimate(changes, at)).cache).toBe(1024 * 12 * 128 * 2)
})

test('which layers have a window is as the file says', async () => {
  const changes = {
    ...dense,
    'llama.block_count': u32(3),
    'llama.attention.sliding_window': u32(256),
    'llama.attention.sliding_window_pattern': bools([true, true, false]),
  }
  const question = { ...at, contextTokens: 4096, batchTokens: 256, fullWindowCache: false }
  expect((await estimate(changes, question)).cache).toBe((4096 + 2 * 512) * 384 * 2)
})

test('what is recurrent has a state per sequence instead of a cache', async () => {
  const changes = {
    ...smollm2,
    'llama.attention.head_count': u32(0),
    'llama.attention.head_count_kv': u32(0),
    'llama.ssm.conv_kernel': u32(4),
    'llama.ssm.inner_size': u32(1024),
    'llama.ssm.state_size': u32(16),
  }
  const { cache } = await estimate(changes, at)
  expect(cache).toBe(30 * (3 * 1024 + 16 * 1024) * 4)
  expect((await estimate(changes, { ...at, contextTokens: 8192 })).cache).toBe(cache)
  expect((await estimate(changes, { ...at, sequences: 2 })).cache).toBe(2 * cache)
})

test('a file that tells nothing is estimated as its weights', async () => {
  const { total, weights } = await estimate({ 'general.architecture': null, 'x.y': f32(1) }, at)
  expect(weights).toBe(0)
  expect(total).toBeLessThan(MiB)
})
