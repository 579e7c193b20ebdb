/** Every kind of model that embeds, by tiny ones with random weights: encoders, rankers, and decoders that pool. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BriefEvent, EmbeddingInput } from '../src/engine/brief-protocol.ts'
import { relevance } from '../src/engine/vectors.ts'
import { abilitiesOf } from '../src/weights/gguf/abilities.ts'
import { checkWeights } from '../src/weights/gguf/check.ts'
import { EngineChild } from './support/engine-child.ts'
import { encoderContext, encoderTokens, pooling, tinyEncoder } from './tiny-models/encoder.ts'
import { tinyModel } from './tiny-models/families.ts'
import { u32 } from './tiny-models/gguf-writer.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-embedding-kinds-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function written(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, `${name}.gguf`)
  await writeFile(path, bytes)
  return path
}

/** What the model in a process of its own gives for each input, as it comes out of it. */
async function raw(path: string, inputs: readonly EmbeddingInput[]): Promise<Float32Array[]> {
  const child = new EngineChild()
  try {
    await child.load({ path, contextTokens: encoderContext, batchTokens: encoderContext, threads: 1 })
    return await new Promise((resolve, reject) => {
      const rows: Float32Array[] = []
      child.onReport((report) => {
        if (report.type === 'brief') for (const event of report.events) take(event)
      })
      child.send({ type: 'embed', job: 1, inputs })

      function take(event: BriefEvent): void {
        if (event.type === 'ended') resolve(rows)
        else if (event.type === 'vectors')
          for (let at = 0; at < event.values.length; at += event.width)
            rows.push(event.values.slice(at, at + event.width))
        else reject(new Error(JSON.stringify(event)))
      }
    })
  } finally {
    await child.close()
  }
}

const { beginning, separator } = encoderTokens
/** `▁a` is 5, `a` is 31. */
const word = (letters: string): number[] =>
  Array.from(letters, (letter, index) => letter.charCodeAt(0) - 97 + (index === 0 ? 5 : 31))

describe('an encoder', () => {
  test('pools as its file says', async () => {
    const inputs: EmbeddingInput[] = [{ kind: 'text', text: 'abc de' }]
    const [mean, cls] = await Promise.all([
      raw(await written('mean', tinyEncoder()), inputs),
      raw(await written('cls', tinyEncoder({ pooling: pooling.cls })), inputs),
    ])
    expect(mean[0]).toHaveLength(64)
    expect(mean[0]).not.toEqual(cls[0])
  })

  test('gets its special tokens around a text, and none around token ids', async () => {
    const tokens = [beginning, ...word('abc'), ...word('de'), separator]
    const [text, ids] = await raw(await written('mean', tinyEncoder()), [
      { kind: 'text', text: 'abc de' },
      { kind: 'tokens', tokens },
    ])
    expect(ids).toEqual(text)
  })

  test.each([
    ['no pooling', { pooling: 0 }, 'does not say how to pool'],
    ['a pooling that there is not', { pooling: 5 }, '"bert.pooling_type" is 5'],
  ])('with %s is refused in words', async (name, changes, problem) => {
    const path = await written(name.replaceAll(' ', '-'), tinyEncoder(changes))
    const refusal = checkWeights([path]).then(() => raw(path, []))
    await expect(refusal).rejects.toThrow(problem)
  })

  test('whose special tokens are beyond its vocabulary is refused before native code sees it', async () => {
    // Left out, `[CLS]` is 101: see `llama-vocab.cpp`.
    const whole = tinyEncoder()
    const renamed = Buffer.from(
      whole.toString('latin1').replace('ggml.bos_token_id', 'ggml.bos_token_xx'),
      'latin1',
    )
    const path = await written('no-cls', renamed)
    await expect(checkWeights([path])).rejects.toThrow('101')
  })
})

describe('a ranker', () => {
  const head = Array.from({ length: 64 }, (_, index) => Math.sin(index))

  test('reads query and document as one text, and its head gives one number', async () => {
    const tokens = [beginning, ...word('ab'), separator, ...word('cde'), separator]
    const [[state], [given]] = await Promise.all([
      raw(await written('cls', tinyEncoder({ pooling: pooling.cls })), [{ kind: 'tokens', tokens }]),
      raw(await written('rank', tinyEncoder({ pooling: pooling.rank, head })), [
        { kind: 'pair', query: 'ab', document: 'cde' },
      ]),
    ])
    const expected = state!.reduce((sum, component, index) => sum + component * head[index]!, 0)
    expect(given).toHaveLength(1)
    expect(given![0]).toBeCloseTo(expected, 2)
    expect(relevance(given!)).toBeCloseTo(1 / (1 + Math.exp(-expected)), 2)
  })

  test('is told from an embedder by its file', async () => {
    const ranker = await checkWeights([await written('rank', tinyEncoder({ pooling: pooling.rank, head }))])
    expect(abilitiesOf(ranker)).toEqual(['rerank'])
    const embedder = await checkWeights([await written('mean', tinyEncoder())])
    expect(abilitiesOf(embedder)).toEqual(['embed', 'rerank'])
    const generator = await checkWeights([await written('qwen', tinyModel('qwen3'))])
    expect(abilitiesOf(generator)).toEqual(['generate'])
  })
})

describe('a decoder that pools', () => {
  const path = () => written('pooling', tinyModel('qwen3', 1, { 'qwen3.pooling_type': u32(pooling.last) }))
  const inputs: EmbeddingInput[] = ['one text', 'another', 'one text'].map((text) => ({ kind: 'text', text }))

  test('embeds every text for itself', async () => {
    const [one, other, again] = await raw(await path(), inputs)
    expect(one).toHaveLength(64)
    expect(again).toEqual(one)
    expect(other).not.toEqual(one)
    expect(abilitiesOf(await checkWeights([await path()]))).toEqual(['embed', 'rerank'])
  })
})
