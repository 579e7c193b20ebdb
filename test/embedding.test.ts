/** Vectors, ranks and tokens from a real embedding model in its locked process. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { settings } from '../src/config.ts'
import type { EmbedRequest } from '../src/core/engine.ts'
import type { RequestId } from '../src/core/ids.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import { abilitiesOf } from '../src/weights/gguf/abilities.ts'
import { checkWeights } from '../src/weights/gguf/check.ts'
import { collect, errorOf } from './support/collect.ts'
import { embeddingModelPath } from './support/embedding-model.ts'
import { engineRequest } from './support/engine-request.ts'
import { realModelPath } from './support/real-model.ts'

let engine: EmbeddedEngine
const embedder = 'all-minilm:l6-v2'
const generator = 'smollm2:135m'

beforeAll(async () => {
  const path = await embeddingModelPath()
  const abilities = abilitiesOf(await checkWeights([path]))
  const common = { digest: '0'.repeat(64), licence: 'Apache-2.0', createdAt: 0 }
  engine = embeddedEngine({
    models: [
      { id: embedder, path, abilities, ...common },
      { id: generator, path: await realModelPath(), ...common },
    ],
    settings: { ...settings.parse({}).engine, context: 1024, sequences: 4 },
    queue: 64,
    timing: { shortestPause: 50 },
  })
})
afterAll(() => engine.close())

function asked<More extends object>(more: More, model = embedder) {
  return {
    id: 'req_test' as RequestId,
    model,
    signal: new AbortController().signal,
    share: { account: 'key_test', weight: 1, cacheScope: 'test' },
    ...more,
  }
}

async function vectorsOf(inputs: EmbedRequest['inputs'], changes: Partial<EmbedRequest> = {}) {
  return (await engine.embed({ ...asked({ inputs, dimensions: null }), ...changes })).vectors
}

function dot(one: Float32Array, other: Float32Array | readonly number[]): number {
  return one.reduce((sum, component, index) => sum + component * (other[index] ?? 0), 0)
}

/**
 * From an implementation of its own in 64-bit floats (NumPy; tokens by Hugging Face's `tokenizers`) over the package's
 * weights: tokens, the first six components, the sum of all magnitudes.
 */
const references = [
  {
    text: 'The cat sits on the mat.',
    tokens: [101, 1996, 4937, 7719, 2006, 1996, 13523, 1012, 102],
    first: [0.13418, -0.0329, -0.0248, 0.04144, -0.03635, 0.04181],
    magnitudes: 15.9239,
  },
  {
    text: 'A kitten rests on a rug.',
    tokens: [101, 1037, 18401, 16626, 2006, 1037, 20452, 1012, 102],
    first: [0.07445, 0.01457, 0.01902, 0.06607, -0.03507, 0.06705],
    magnitudes: 15.6369,
  },
  {
    text: 'Quarterly revenue grew by twelve percent.',
    tokens: [101, 12174, 6599, 3473, 2011, 4376, 3867, 1012, 102],
    first: [0.08904, 0.00212, -0.05224, -0.06673, -0.01405, -0.01408],
    magnitudes: 15.5836,
  },
  {
    text: 'Ὁ ἐλπίς — naïve café, 東京! x',
    tokens: [
      101, 1169, 1159, 29727, 29731, 18199, 19579, 1517, 15743, 7668, 1010, 1879, 1755, 999, 1060, 102,
    ],
    first: [0.00189, 0.0978, 0.0677, -0.06608, -0.03046, -0.03027],
    magnitudes: 15.8104,
  },
] as const

describe('vectors', () => {
  test.each(references)(
    'of "$text" are those of the reference',
    async ({ text, tokens, first, magnitudes }) => {
      const [vector] = await vectorsOf([text])
      expect(vector).toHaveLength(384)
      expect(dot(vector!, vector!)).toBeCloseTo(1, 5)
      for (const [index, component] of first.entries()) expect(vector![index]).toBeCloseTo(component, 3)
      expect(vector!.reduce((sum, component) => sum + Math.abs(component), 0)).toBeCloseTo(magnitudes, 1)
      const spelled = await engine.tokenize(asked({ input: { kind: 'text', text } as const }))
      expect(spelled).toEqual({ tokens, contextTokens: 512 })
      expect(await vectorsOf([tokens])).toEqual([vector])
    },
  )

  test('are the same to the bit alone, among others and at the same time', async () => {
    const texts = Array.from({ length: 24 }, (_, index) =>
      Array.from(
        { length: 1 + ((index * 7) % 60) },
        (_, word) => ['sea', 'blue', 'cat'][(index * word) % 3],
      ).join(' '),
    )
    const together = await vectorsOf(texts)
    const alone = await Promise.all(texts.map(async (text) => (await vectorsOf([text]))[0]))
    expect(together).toEqual(alone)
    expect(new Set(together.map((vector) => vector.join())).size).toBeGreaterThan(20)
  })

  test('are cut to what was asked for and have length 1 again', async () => {
    const [whole] = await vectorsOf(['The cat sits on the mat.'])
    const [cut] = await vectorsOf(['The cat sits on the mat.'], { dimensions: 64 })
    expect(cut).toHaveLength(64)
    expect(dot(cut!, cut!)).toBeCloseTo(1, 5)
    const scale = cut![0]! / whole![0]!
    expect(cut![63]).toBeCloseTo(whole![63]! * scale, 5)
  })

  test('count the tokens they took', async () => {
    const { promptTokens } = await engine.embed(
      asked({ inputs: ['The cat sits on the mat.', [101, 102]], dimensions: null }),
    )
    expect(promptTokens).toBe(9 + 2)
  })

  test('say nothing of control tokens that somebody writes', async () => {
    const { tokens } = await engine.tokenize(asked({ input: { kind: 'text', text: 'a [SEP] b' } as const }))
    expect(tokens.filter((token) => token === 102)).toHaveLength(1)
  })
})

describe('is refused', () => {
  test('a text that is too long, with both numbers, and nothing is cut', async () => {
    await expect(vectorsOf(['short', 'word '.repeat(600)])).rejects.toMatchObject({
      code: 'input_too_long',
      status: 400,
      message: expect.stringMatching(/^Input 1 has 602 tokens.* reads 512 at most/),
    })
    expect(await vectorsOf(['word '.repeat(510)])).toHaveLength(1)
  })

  test('a token that there is not', async () => {
    await expect(vectorsOf(['fine', [5, 30_522]])).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'input[1]',
      message: expect.stringContaining('30522'),
    })
  })

  test('more dimensions than there are', async () => {
    await expect(vectorsOf(['a'], { dimensions: 385 })).rejects.toMatchObject({ param: 'dimensions' })
  })

  test('what a model is not for, at once', async () => {
    const parts = await collect(engine.generate(engineRequest(embedder, 'Hi')))
    expect(errorOf(parts)).toBe('model_lacks_ability')
    await expect(vectorsOf(['a'], { model: generator })).rejects.toMatchObject({
      code: 'model_lacks_ability',
    })
    await expect(vectorsOf(['a'], { model: 'nobody' })).rejects.toMatchObject({ code: 'model_not_served' })
    expect(engine.models().map(({ abilities }) => abilities)).toEqual([['embed', 'rerank'], ['generate']])
  })
})

test('documents are ranked by what they mean', async () => {
  const documents = [
    'Quarterly revenue grew by twelve percent.',
    'A kitten rests on a rug.',
    'The train to Athens leaves at nine.',
  ]
  const { scores, method, promptTokens } = await engine.rerank(
    asked({ query: 'Where is the cat?', documents }),
  )
  expect(method).toBe('cosine-similarity')
  expect(scores.indexOf(Math.max(...scores))).toBe(1)
  expect(scores.every((score) => score >= -1.001 && score <= 1.001)).toBe(true)
  expect(promptTokens).toBeGreaterThan(20)
})

test('a document that is too long is refused by its own number', async () => {
  const documents = ['short', 'word '.repeat(600)]
  await expect(engine.rerank(asked({ query: 'q', documents }))).rejects.toThrow(/^Input 1 has 602 tokens/)
})

test('tokens of a conversation are those that its answer would count', async () => {
  const request = engineRequest(generator, 'Where is the Eiffel tower?', { maxTokens: 1 })
  const parts = await collect(engine.generate(request))
  const last = parts.at(-1)
  const { tokens, contextTokens } = await engine.tokenize(asked({ input: request.input }, generator))
  expect(last?.type === 'usage' && last.usage.promptTokens).toBe(tokens.length)
  expect(contextTokens).toBe(1024)
})

test('a job that nobody waits for stops, and gives its place to others', async () => {
  const leaving = new AbortController()
  const long = vectorsOf(
    Array.from({ length: 2000 }, () => 'word '.repeat(400)),
    { signal: leaving.signal },
  )
  await vi.waitFor(() => expect(engine.status()[0]?.active).toBe(1))
  // It takes turns with the long one.
  await vectorsOf(['short'])
  leaving.abort(new Error('left'))
  await expect(long).rejects.toThrow('left')
  await vi.waitFor(() => expect(engine.status()[0]).toMatchObject({ active: 0, queued: 0 }))
})

test('a process that is killed costs what it was doing, and the next vector is the same as before', async () => {
  const before = await vectorsOf(['The cat sits on the mat.'])
  const lost = vectorsOf(Array.from({ length: 2000 }, () => 'word '.repeat(400)))
  await vi.waitFor(() => expect(engine.status()[0]?.active).toBe(1))
  process.kill(engine.processId(embedder) ?? 0, 'SIGKILL')
  await expect(lost).rejects.toMatchObject({ code: 'engine_failed' })
  expect(await vectorsOf(['The cat sits on the mat.'])).toEqual(before)
})
