import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, asyncProperty, integer } from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapterFor, type AdapterChanges } from '../../../test/tiny-models/adapter.ts'
import { writeTinyModel } from '../../../test/tiny-models/families.ts'
import { i32s, text, u32, type TensorParts } from '../../../test/tiny-models/gguf-writer.ts'
import { checkAdapter } from './check-adapter.ts'
import { readGguf, type Gguf } from './read.ts'

let folder: string
let base: Gguf

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-adapter-'))
  await writeTinyModel('llama-3.1', join(folder, 'base.gguf'))
  base = await readGguf(join(folder, 'base.gguf'))
})
afterAll(() => rm(folder, { recursive: true }))

async function check(bytes: Buffer) {
  const path = join(folder, 'adapter.gguf')
  await writeFile(path, bytes)
  return checkAdapter(path, base)
}

test('one that fits is told by rank, strength and size', async () => {
  const bytes = adapterFor(base, { rank: 8, alpha: 16 })
  expect(await check(bytes)).toEqual({ rank: 8, alpha: 16, matrices: 4, bytes: bytes.length })
})

/** Changes the first tensor. */
const first =
  (change: (tensor: TensorParts) => TensorParts) =>
  ([tensor, ...others]: TensorParts[]): TensorParts[] => [change(tensor!), ...others]

describe('what does not fit is refused', () => {
  test.each<[string, AdapterChanges, string]>([
    ['a model', { metadata: { 'general.type': text('model') } }, '"general.type" is "model"'],
    ['without a type', { metadata: { 'adapter.type': null } }, '"adapter.type" is missing'],
    ['a type that is no text', { metadata: { 'adapter.type': u32(1) } }, '"adapter.type" is 1'],
    ['another family', { metadata: { 'general.architecture': text('qwen3') } }, '"general.architecture" is'],
    ['no strength', { metadata: { 'adapter.lora.alpha': null } }, 'alpha" is missing'],
    ['strength of another type', { metadata: { 'adapter.lora.alpha': u32(8) } }, 'no f32'],
    ['no number for strength', { alpha: Number.NaN }, 'out of bounds'],
    ['endless strength', { alpha: Number.POSITIVE_INFINITY }, 'out of bounds'],
    ['mid-prompt', { metadata: { 'adapter.alora.invocation_tokens': i32s([1]) } }, 'aLoRA'],
    ['no tensors', { tensors: () => [] }, 'no tensors'],
    ['half a pair', { tensors: (all) => all.slice(1) }, 'lacks one of its two halves'],
    [
      'a stranger',
      { tensors: first((tensor) => ({ ...tensor, name: 'blk.0.attn_q.weight' })) },
      'is no part of a LoRA',
    ],
    [
      'a name with two endings',
      { tensors: first((tensor) => ({ ...tensor, name: 'blk.0.lora_a.lora_a' })) },
      'is no part of a LoRA',
    ],
    [
      'a matrix of another model',
      {
        tensors: (all) => all.map((one) => ({ ...one, name: String(one.name).replace('attn_q', 'attn_z') })),
      },
      'made for another one',
    ],
    [
      'embeddings',
      {
        tensors: (all) =>
          all.map((one) => ({ ...one, name: String(one.name).replace('blk.0.attn_q', 'token_embd') })),
      },
      'embeddings of tokens',
    ],
    [
      'a vector',
      {
        tensors: (all) =>
          all.map((one) => ({ ...one, name: String(one.name).replace('attn_q', 'attn_norm') })),
      },
      'is no matrix',
    ],
    [
      'turned round',
      { tensors: first((tensor) => ({ ...tensor, dimensions: tensor.dimensions.toReversed() })) },
      'does not fit',
    ],
    [
      'another rank in its other half',
      {
        tensors: first((tensor) => ({ ...tensor, dimensions: [64, 2], data: tensor.data.subarray(0, 256) })),
      },
      'does not fit',
    ],
    [
      'no number among its values',
      {
        tensors: first((tensor) => {
          tensor.data.writeUInt16LE(0x7e00, 40)
          return tensor
        }),
      },
      'no finite numbers',
    ],
  ])('%s', async (_, changes, reason) => {
    await expect(check(adapterFor(base, changes))).rejects.toMatchObject({
      code: 'weights_invalid',
      message: expect.stringContaining(reason),
    })
  })

  test('one that was cut or changed anywhere in its header, or what is left of it is sound', async () => {
    const sound = adapterFor(base)
    await assert(
      asyncProperty(integer({ min: 0, max: 1500 }), integer({ min: 0, max: 255 }), async (at, value) => {
        const bytes = Buffer.from(sound)
        bytes[at] = value
        const outcome = await check(bytes).catch((error: { code?: string }) => error.code)
        // A changed count of tensors may leave out the last pairs: those before are sound by themselves.
        expect(['weights_invalid', ...[1, 2, 3, 4].map((matrices) => `${matrices} of rank 4`)]).toContain(
          typeof outcome === 'object' ? `${outcome.matrices} of rank ${outcome.rank}` : outcome,
        )
        await expect(check(sound.subarray(0, at))).rejects.toMatchObject({ code: 'weights_invalid' })
      }),
      { numRuns: 150 },
    )
  })
})

test('values are read in both precisions', async () => {
  const single = (data: Buffer) => ({
    tensors: first((tensor) => ({ ...tensor, type: 0, data })),
  })
  const data = Buffer.alloc(64 * 4 * 4)
  data.writeFloatLE(1.5e38, 16)
  await check(adapterFor(base, single(data)))
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    data.writeFloatLE(bad, 16)
    await expect(check(adapterFor(base, single(data)))).rejects.toThrow('no finite numbers')
  }
})
