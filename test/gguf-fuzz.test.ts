/** Whatever is in a model file, it is accepted or refused with its reason, within 100 ms and 50 MB. */
import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ElpisError } from '../src/errors.ts'
import { checkWeights } from '../src/weights/gguf/check.ts'
import { limits } from '../src/weights/gguf/format.ts'
import {
  array,
  ggufBytes,
  headerBytes,
  text,
  textBytes,
  texts,
  u32,
  u64Bytes,
  type GgufParts,
  type TensorParts,
} from './tiny-models/gguf-writer.ts'
import { soundParts } from './tiny-models/sound-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-fuzz-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

let files = 0
async function fileOf(parts: GgufParts | Buffer): Promise<string> {
  const path = join(folder, `${++files}.gguf`)
  await writeFile(path, Buffer.isBuffer(parts) ? parts : ggufBytes(parts))
  return path
}

const tensor = (changes: Partial<TensorParts> = {}): TensorParts => ({
  name: 'blk.0.weight',
  dimensions: [32, 8],
  type: 0,
  data: Buffer.alloc(32 * 8 * 4),
  ...changes,
})

/** Accepts, or refuses with `weights_invalid`; anything else is the failure. */
async function settles(path: string): Promise<'accepted' | 'refused'> {
  try {
    await checkWeights([path])
    return 'accepted'
  } catch (error) {
    if (error instanceof ElpisError && error.code === 'weights_invalid') return 'refused'
    throw error
  }
}

describe('whatever is in a file, it is accepted or refused', () => {
  test('every byte of a header at its extremes, every number of it too', { timeout: 60_000 }, async () => {
    const sound = ggufBytes(soundParts())
    const header = headerBytes(soundParts()).length
    const path = await fileOf(sound)
    const file = await open(path, 'r+')
    const seen = { accepted: 0, refused: 0 }
    try {
      const attempt = async (at: number, bytes: Buffer) => {
        await file.write(bytes, 0, bytes.length, at)
        seen[await settles(path)]++
        await file.write(sound, at, Math.min(bytes.length, sound.length - at), at)
      }
      for (let at = 0; at < header; at++) {
        const byte = sound[at] ?? 0
        for (const other of [0x00, 0x7f, 0x80, 0xff, byte ^ 1]) await attempt(at, Buffer.from([other]))
        for (const number of extremes) if (at + 8 <= header) await attempt(at, u64Bytes(number))
      }
    } finally {
      await file.close()
    }
    expect(seen.refused).toBeGreaterThan(header * 3)
    // Letters of names and the like may change.
    expect(seen.accepted).toBeGreaterThan(100)
  })

  test('cut off at every length', async () => {
    const sound = ggufBytes(soundParts())
    const path = await fileOf(sound)
    for (let length = sound.length - 1; length >= 0; length--) {
      await truncate(path, length)
      expect(await settles(path)).toBe('refused')
    }
  })

  test('parts put together at random', async () => {
    const value = fc.oneof(
      fc.nat().map((n) => u32(n)),
      fc.string().map((s) => text(s)),
      fc.array(fc.string(), { maxLength: 5 }).map((s) => texts(s)),
      fc.record({ type: fc.nat(16), bytes: fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b)) }),
    )
    const key = fc.oneof(fc.constantFrom(...soundParts().metadata.map(([name]) => String(name))), fc.string())
    const parts = fc.record({
      changes: fc.dictionary(key, value, { maxKeys: 6 }),
      tensors: fc.array(
        fc.record({
          name: fc.string(),
          dimensions: fc.array(fc.oneof(fc.nat(64), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), {
            maxLength: 5,
          }),
          type: fc.nat(50),
          data: fc.nat(200).map((length) => Buffer.alloc(length)),
        }),
        { maxLength: 4 },
      ),
    })
    const path = join(folder, 'random.gguf')
    await fc.assert(
      fc.asyncProperty(parts, async ({ changes, tensors }) => {
        await writeFile(path, ggufBytes(soundParts(changes, { tensors })))
        expect(['accepted', 'refused']).toContain(await settles(path))
      }),
      { numRuns: 500 },
    )
  })

  test('noise behind a right beginning', async () => {
    const path = join(folder, 'noise.gguf')
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(3), async (noise, counts) => {
        const start = headerBytes({ metadata: [], tensorCount: counts, keyCount: counts })
        await writeFile(path, Buffer.concat([start, noise]))
        expect(['accepted', 'refused']).toContain(await settles(path))
      }),
      { numRuns: 500 },
    )
  })
})

describe('a malformed file costs at most 100 ms and 50 MB', () => {
  const last = tensor({ offset: 31 })
  const strings = (count: number, make: (index: number) => Buffer) =>
    array(8, count, Buffer.concat(Array.from({ length: count }, (_, index) => textBytes(make(index)))))
  const number = (index: number) => Buffer.from(`token ${index}`)
  const worst: [string, () => GgufParts][] = [
    [
      'the largest vocabulary',
      () =>
        soundParts(
          {
            'tokenizer.ggml.tokens': strings(limits.tokens, number),
            'tokenizer.ggml.merges': strings(limits.arrayStrings - limits.tokens - 2, (index) =>
              Buffer.from(`a ${index}`),
            ),
          },
          { tensors: [last] },
        ),
    ],
    [
      'the longest tokens',
      () => {
        const tokens = strings(128, (index) => Buffer.alloc(limits.elementBytes, `${index}.`))
        return soundParts({ 'tokenizer.ggml.tokens': tokens }, { tensors: [last] })
      },
    ],
    [
      'the largest header',
      () => {
        const value = strings(700, () => Buffer.alloc(limits.elementBytes, 'x'))
        return soundParts({ 'general.tags': value }, { tensors: [last] })
      },
    ],
    [
      'as many keys and texts as can be kept',
      () => {
        const value = text(Buffer.alloc(limits.keptBytes / limits.keys - 4, 'x'))
        const changes = Object.fromEntries(
          Array.from({ length: limits.keys - 100 }, (_, index) => [`k${index}`, value]),
        )
        return soundParts(changes, { tensors: [last] })
      },
    ],
    [
      'as many tensors as can be',
      () => {
        const tensors = Array.from({ length: limits.tensors - 1 }, (_, index) =>
          tensor({ name: `${'n'.repeat(50)}${index}`, dimensions: [8, 1, 1, 1], data: Buffer.alloc(32) }),
        )
        return soundParts({}, { tensors: [...tensors, last] })
      },
    ],
    [
      'numbers for 40 MB',
      () =>
        soundParts({ 'general.tags': array(4, 10_000_000, Buffer.alloc(40_000_000)) }, { tensors: [last] }),
    ],
  ]

  test.each(worst)('%s', { timeout: 60_000 }, async (_name, parts) => {
    const path = await fileOf(parts())
    const { refused, milliseconds, megabytes } = await cost(path)
    expect(refused).toContain('not a sound model file')
    expect(megabytes).toBeLessThan(50)
    expect(milliseconds).toBeLessThan(100)
    await rm(path)
  })

  test('a terabyte of nothing', async () => {
    const path = await fileOf(Buffer.concat([headerBytes({ metadata: [], keyCount: 1 }), u64Bytes(2 ** 39)]))
    await truncate(path, 2 ** 40)
    const { refused, milliseconds, megabytes } = await cost(path)
    expect(refused).toContain('more than')
    expect(megabytes).toBeLessThan(50)
    expect(milliseconds).toBeLessThan(100)
  })
})

const extremes = [0n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n]

/**
 * What one refusal costs a process that has nothing else to do: the rise of its peak memory at the first, the least CPU
 * time of several (the machine has other work; the parser does not get slower by itself).
 */
async function cost(path: string): Promise<{ refused: string; milliseconds: number; megabytes: number }> {
  const probe = new URL('support/refusal-cost.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [probe, path])
  return JSON.parse(stdout) as Awaited<ReturnType<typeof cost>>
}
