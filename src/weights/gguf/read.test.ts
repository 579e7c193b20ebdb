import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  array,
  bool,
  f32,
  f32s,
  ggufBytes,
  text,
  texts,
  u16,
  u64,
  u64Bytes,
  u8,
} from '../../../test/tiny-models/gguf-writer.ts'
import { soundParts } from '../../../test/tiny-models/sound-file.ts'
import { tensorTypes } from './format.ts'
import { readGguf, readGgufArray } from './read.ts'

let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-gguf-'))
  path = join(folder, 'model.gguf')
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const readParts = async (...parts: Parameters<typeof soundParts>) => {
  await writeFile(path, ggufBytes(soundParts(...parts)))
  return await readGguf(path)
}

describe('values', () => {
  test('of every type are read as they were written', async () => {
    const { metadata, types } = await readParts({
      'a.u8': u8(255),
      'a.u16': u16(65_535),
      'a.f32': f32(0.5),
      'a.bool': bool(false),
      'a.text': text('Ελπίς 希望'),
      'a.empty': text(''),
      'a.u64': u64(2n ** 53n - 1n),
      'a.huge': u64(2n ** 64n - 1n),
      'a.i64': { type: 11, bytes: u64Bytes(-5n) },
      'a.texts': texts(['x', '']),
      'a.none': texts([]),
    })
    expect(Object.fromEntries([...metadata].filter(([key]) => key.startsWith('a.')))).toEqual({
      'a.u8': 255,
      'a.u16': 65_535,
      'a.f32': 0.5,
      'a.bool': false,
      'a.text': 'Ελπίς 希望',
      'a.empty': '',
      'a.u64': 2 ** 53 - 1,
      'a.huge': 2n ** 64n - 1n,
      'a.i64': -5,
      'a.texts': expect.objectContaining({ type: 'string', length: 2, values: ['x', ''] }),
      'a.none': expect.objectContaining({ type: 'string', length: 0, values: [] }),
    })
    expect(types.get('a.huge')).toBe('u64')
    expect([...metadata.keys()][0]).toBe('general.architecture')
  })

  test('long arrays are counted, not kept, and can be read when they are wanted', async () => {
    const words = Array.from({ length: 70_000 }, (_, index) => `word ${index}`)
    const numbers = Array.from({ length: 70_000 }, (_, index) => index / 2)
    const gguf = await readParts({ 'a.words': texts(words), 'a.numbers': f32s(numbers), 'a.after': u8(7) })
    expect(gguf.metadata.get('a.words')).toMatchObject({ length: 70_000, values: null })
    expect(gguf.metadata.get('a.numbers')).toMatchObject({ length: 70_000, bytes: 280_000, values: null })
    expect(gguf.metadata.get('a.after')).toBe(7)
    expect(await readGgufArray(gguf, 'a.words')).toEqual(words)
    expect(await readGgufArray(gguf, 'a.numbers')).toEqual(numbers)
    expect(await readGgufArray(gguf, 'general.languages')).toEqual(['en', 'el'])
    expect(await readGgufArray(gguf, 'general.name')).toEqual([])
    expect(await readGgufArray(gguf, 'a.nothing')).toEqual([])
  })

  test('an array whose elements lie across the borders of what is read at once', async () => {
    for (const length of [261_000, 262_144, 263_000]) {
      const long = [
        'x'.repeat(60_000),
        'y'.repeat(length % 60_000),
        ...Array.from({ length: 600 }, (_, i) => `z${i}`),
      ]
      const gguf = await readParts({ 'a.long': texts([...long, ...long]) })
      expect(await readGgufArray(gguf, 'a.long')).toEqual([...long, ...long])
    }
  })
})

describe('tensors', () => {
  test.each([...tensorTypes].map(([number, type]) => [type.name, number, type] as const))(
    '%s has the size that the native library gives it',
    async (name, number, { elements, bytes }) => {
      const gguf = await readParts(
        {},
        {
          tensors: [
            { name: 'x', type: number, dimensions: [elements * 2, 3], data: Buffer.alloc(bytes * 6) },
          ],
        },
      )
      expect(gguf.tensors).toEqual([
        {
          name: 'x',
          type: name,
          dimensions: [elements * 2, 3],
          elements: elements * 6,
          offset: 0,
          bytes: bytes * 6,
        },
      ])
    },
  )

  test('data begins at the next multiple of the alignment', async () => {
    for (const alignment of [8, 32, 4096]) {
      const gguf = await readParts(
        { 'general.alignment': { type: 4, bytes: Buffer.from(Uint32Array.of(alignment).buffer) } },
        { alignment },
      )
      expect(gguf).toMatchObject({ alignment })
      expect(gguf.dataOffset % alignment).toBe(0)
      expect(gguf.dataOffset + (gguf.tensors.at(-1)?.offset ?? 0) + 128).toBeLessThanOrEqual(gguf.fileBytes)
    }
  })

  test('a file of metadata only can be read', async () => {
    expect(await readParts({}, { tensors: [] })).toMatchObject({ tensors: [] })
  })
})

test('reasons name what is wrong, and never repeat control characters of the file', async () => {
  await writeFile(path, ggufBytes(soundParts({ 'general.architecture': text('\u001B]0;owned\u0007') })))
  await expect(readGguf(path)).rejects.toMatchObject({
    code: 'weights_invalid',
    exit: 6,
    message: expect.stringContaining('names no architecture: "\\u{1b}]0;owned\\u{7}"') as string,
  })
})

test('an array of an unknown type is refused, not skipped', async () => {
  await expect(readParts({ 'a.x': array(99, 0, Buffer.alloc(0)) })).rejects.toThrow('unknown value type 99')
})
