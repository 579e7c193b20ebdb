/**
 * Model files are hostile until checked (invariant 8): each class of fault that broke a loader of GGUF files is refused
 * here by name and with its reason, before native code sees the file. One file for all classes, to be read beside the
 * list of CVEs; whatever else a file may hold is in gguf-fuzz.test.ts.
 */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ElpisError } from '../src/errors.ts'
import { checkWeights } from '../src/weights/gguf/check.ts'
import { limits } from '../src/weights/gguf/format.ts'
import { readGguf } from '../src/weights/gguf/read.ts'
import {
  array,
  bools,
  f32,
  f32s,
  ggufBytes,
  headerBytes,
  i32,
  i32s,
  text,
  texts,
  u16,
  u32,
  u32Bytes,
  u64,
  u64Bytes,
  u8,
  type GgufParts,
  type TensorParts,
} from './tiny-models/gguf-writer.ts'
import { soundParts } from './tiny-models/sound-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-hostile-'))
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

/** The reason for which a file is refused; fails when it is accepted or something else is thrown. */
async function refusal(parts: GgufParts | Buffer): Promise<string> {
  try {
    await checkWeights([await fileOf(parts)])
  } catch (error) {
    if (error instanceof ElpisError && error.code === 'weights_invalid') return error.message
    throw error
  }
  throw new Error('The file was accepted.')
}

const tensor = (changes: Partial<TensorParts> = {}): TensorParts => ({
  name: 'blk.0.weight',
  dimensions: [32, 8],
  type: 0,
  data: Buffer.alloc(32 * 8 * 4),
  ...changes,
})
const withTensors = (...tensors: TensorParts[]): GgufParts => soundParts({}, { tensors })

test('the file that all others here are broken versions of is sound', async () => {
  const path = await fileOf(soundParts())
  const gguf = await checkWeights([path])
  expect(gguf.tensors.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['token_embd.weight', 1024],
    ['output_norm.weight', 128],
  ])
  expect(gguf.metadata.get('general.languages')).toMatchObject({ values: ['en', 'el'] })
})

describe('the first bytes', () => {
  test.each([
    ['an empty file', Buffer.alloc(0), 'it ends within its first 8 bytes'],
    ['three bytes', Buffer.from('GGU'), 'it ends within its first 8 bytes'],
    ['a ZIP archive', Buffer.from('PK\u0003\u0004aaaaaaaaaaaaaaaaaaaa'), 'it begins with "PK\\u{3}\\u{4}"'],
    ['version 0', soundParts({}, { version: 0 }), 'it is GGUF version 0'],
    ['version 1', soundParts({}, { version: 1 }), 'it is GGUF version 1, which was withdrawn'],
    ['version 4', soundParts({}, { version: 4 }), 'it is GGUF version 4; 2 and 3 can be read'],
    ['big endian', soundParts({}, { version: 0x0300_0000 }), 'it is big endian'],
    ['a magic that is big endian', soundParts({}, { magic: 'FUGG' }), 'it is big endian'],
    ['nothing after the version', ggufBytes(soundParts()).subarray(0, 8), 'it ends within its counts'],
  ])('%s', async (_name, parts, reason) => {
    expect(await refusal(parts)).toContain(reason)
  })

  test('version 2 is read like 3', async () => {
    expect(await checkWeights([await fileOf(soundParts({}, { version: 2 }))])).toMatchObject({ version: 2 })
  })

  test('a folder and a device are refused without being read', async () => {
    await expect(readGguf(folder)).rejects.toMatchObject({ code: 'weights_invalid' })
    const link = join(folder, 'zero.gguf')
    await symlink('/dev/zero', link)
    await expect(readGguf(link)).rejects.toThrow('it is not a regular file')
  })

  test('a file that is not there is another matter', async () => {
    await expect(readGguf(join(folder, 'none.gguf'))).rejects.toMatchObject({ code: 'file_missing', exit: 3 })
  })
})

describe('CVE-2024-23496: string lengths that overflow or lie (gguf_fread_str)', () => {
  const lying = (length: bigint) =>
    Buffer.concat([headerBytes({ metadata: [], keyCount: 1 }), u64Bytes(length), Buffer.alloc(64)])
  test.each([
    ['2^64 − 1, which becomes 0 when 1 is added', 2n ** 64n - 1n, 'which is impossible'],
    ['2^63', 2n ** 63n, 'which is impossible'],
    ['2^53 − 1', 2n ** 53n - 1n, `more than ${limits.keyBytes}`],
    ['one more than the file has', 65n, 'it ends within key 1 of 1'],
    ['0', 0n, 'a key is empty'],
  ])('a key of length %s', async (_name, length, reason) => {
    expect(await refusal(lying(length))).toContain(reason)
  })

  test('a value longer than the file', async () => {
    const value = { type: 8, bytes: u64Bytes(1_000_000) }
    expect(await refusal(soundParts({ 'general.name': value }))).toContain(
      'it ends within the value of "general.name"',
    )
  })

  test('a value longer than any text', async () => {
    const value = text(Buffer.alloc(limits.stringBytes + 1, 'a'))
    expect(await refusal(soundParts({ 'general.name': value }))).toContain(`more than ${limits.stringBytes}`)
  })

  test('many texts that are too much together', async () => {
    const value = text(Buffer.alloc(limits.stringBytes, 'a'))
    const changes = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`general.${index}`, value]))
    expect(await refusal(soundParts(changes))).toContain(`more than ${limits.keptBytes} bytes`)
  })
})

describe('CVE-2024-21802: dimensions (info.ne)', () => {
  test.each([
    ['none', []],
    ['five', [1, 1, 1, 1, 1]],
    ['2^32 − 1 of them', Array.from({ length: 30 }, () => 1)],
  ])('%s', async (_name, dimensions) => {
    expect(await refusal(withTensors(tensor({ dimensions })))).toContain(
      `has ${dimensions.length} dimensions, not 1 to 4`,
    )
  })
  test('0', async () => {
    expect(await refusal(withTensors(tensor({ dimensions: [32, 0] })))).toContain('is 0 long in dimension 1')
  })
  test('negative', async () => {
    expect(await refusal(withTensors(tensor({ dimensions: [-32, 8] })))).toContain('which is impossible')
  })
  test('a product that overflows 64 bits to something small', async () => {
    const dimensions = [2n ** 32n, 2n ** 32n + 1n, 1, 1]
    expect(await refusal(withTensors(tensor({ dimensions })))).toContain('overflows')
  })
  test('rows that cannot be packed in blocks', async () => {
    const reason = 'has rows of 33 elements, which Q4_0 cannot pack by 32'
    expect(await refusal(withTensors(tensor({ dimensions: [33, 8], type: 2 })))).toContain(reason)
  })
})

describe('CVE-2024-21825, CVE-2024-21836, CVE-2024-23605, CVE-2025-0315: counts that make a loader allocate', () => {
  test.each([
    ['tensors', { tensorCount: 2n ** 60n }],
    ['tensors', { tensorCount: limits.tensors + 1 }],
    ['tensors', { tensorCount: limits.tensors }],
    ['keys', { keyCount: 2n ** 60n }],
    ['keys', { keyCount: limits.keys + 1 }],
    ['keys', { keyCount: limits.keys }],
    ['keys', { keyCount: 2n ** 64n - 1n }],
  ])('more %s than the file can hold: %o', async (what, claims) => {
    expect(await refusal(soundParts({}, claims))).toContain(what)
  })

  test.each([
    ['of numbers, 2^60', array(4, 2n ** 60n, Buffer.alloc(8))],
    ['of numbers, times 8 beyond 64 bits', array(10, 2n ** 61n + 1n, Buffer.alloc(8))],
    ['of strings, 2^61: 8 bytes each overflow to 0', array(8, 2n ** 61n, Buffer.alloc(8))],
    ['of strings, as many as bytes', array(8, 2000, Buffer.alloc(8))],
  ])('an array %s', async (_name, value) => {
    const reason = await refusal(soundParts({ 'general.tags': value }))
    expect(reason).toMatch(/claims \d+ (elements|strings)|which is impossible/)
  })

  test('an array in an array, as deep as you like', async () => {
    const deep = array(9, 1, array(9, 1, array(4, 1, u32Bytes(0)).bytes).bytes)
    expect(await refusal(soundParts({ 'general.tags': deep }))).toContain(
      'holds arrays, which nothing can load',
    )
  })

  test.each([13, 255, 2 ** 32 - 1])('value type %i', async (type) => {
    expect(await refusal(soundParts({ 'general.tags': { type, bytes: Buffer.alloc(8) } }))).toContain(
      `the unknown value type ${type}`,
    )
    expect(await refusal(soundParts({ 'general.tags': array(type, 1, Buffer.alloc(8)) }))).toContain(
      `the unknown value type ${type}`,
    )
  })

  test('a truth value that is neither', async () => {
    expect(await refusal(soundParts({ 'general.tags': { type: 7, bytes: Buffer.from([2]) } }))).toContain(
      'neither false nor true',
    )
  })
})

describe('CVE-2025-0317: alignment that is divided by', () => {
  test.each([0, 1, 4, 31, 33, 48, 131_072, 2 ** 31, 2 ** 32 - 1])('%i', async (alignment) => {
    expect(await refusal(soundParts({ 'general.alignment': u32(alignment) }))).toContain(
      `its alignment is ${alignment}, not a power of two from 8 to`,
    )
  })
  test.each([u8(32), i32(32), u64(32n), text('32'), f32(32)])('of a wrong type: %o', async (value) => {
    expect(await refusal(soundParts({ 'general.alignment': value }))).toContain('not u32')
  })
  test('64 is held to', async () => {
    const changes = { 'general.alignment': u32(64) }
    await checkWeights([await fileOf(soundParts(changes, { alignment: 64 }))])
    const misplaced = soundParts(changes, {
      tensors: [tensor({ name: 'token_embd.weight' }), tensor({ offset: 1056 })],
    })
    expect(await refusal(misplaced)).toContain('not at a multiple of 64')
  })
})

describe('CVE-2025-53630, CVE-2026-27940: sizes that overflow when they are added up', () => {
  test('tensors that end beyond 2^53', async () => {
    const dimensions = [2n ** 25n, 2n ** 25n]
    const parts = withTensors(...['a', 'b', 'c', 'd'].map((name) => tensor({ name, dimensions })))
    expect(await refusal(parts)).toContain('beyond the end of the file')
  })
  test('one tensor of nearly 2^63 bytes', async () => {
    expect(await refusal(withTensors(tensor({ dimensions: [2n ** 53n - 1n] })))).toContain('beyond the end')
  })
})

describe('CVE-2026-7482, CVE-2024-12055: tensors that are not where they are said to be', () => {
  test.each([
    ['beyond the file', tensor({ offset: 1_000_000_000_000_000 }), 'beyond the end of the file'],
    ['beyond the file', tensor({ offset: 2n ** 40n }), 'beyond the end of the file'],
    ['at 2^64 − 32', tensor({ offset: 2n ** 64n - 32n }), 'which is impossible'],
    ['at an odd place', tensor({ offset: 1025 }), 'not at a multiple of 32'],
    ['over another', tensor({ offset: 992 }), 'overlaps the one before it'],
    ['over another, at its beginning', tensor({ offset: 0 }), 'overlaps the one before it'],
    ['behind a hole', tensor({ offset: 1024 + 32, data: Buffer.alloc(2048) }), 'there is a hole before'],
    ['larger than its data', tensor({ dimensions: [32, 9] }), 'beyond the end of the file'],
    ['of a type that was withdrawn', tensor({ type: 4 }), 'has the unknown type 4'],
    ['of a type that never was', tensor({ type: 43 }), 'the unknown type 43'],
    ['of type 2^32 − 1', tensor({ type: 2 ** 32 - 1 }), 'the unknown type 4294967295'],
  ])('%s', async (_name, second, reason) => {
    expect(await refusal(withTensors(tensor({ name: 'token_embd.weight' }), second))).toContain(reason)
  })

  test('one byte of the last tensor is missing', async () => {
    const whole = ggufBytes(soundParts())
    expect(await refusal(whole.subarray(0, -1))).toContain('the tensor "output_norm.weight" takes 128 bytes')
  })
})

describe('names', () => {
  test('two tensors of one name', async () => {
    expect(await refusal(withTensors(tensor(), tensor()))).toContain(
      'the tensor "blk.0.weight" is there twice',
    )
  })
  test('two keys of one name', async () => {
    const { metadata } = soundParts()
    expect(
      await refusal({ ...soundParts(), metadata: [...metadata, ['general.name', text('x')]] }),
    ).toContain('the key "general.name" is there twice')
  })
  test.each([
    ['longer than the native library keeps', 'a'.repeat(64), 'is 64 bytes long, more than 63'],
    ['with a NUL, that ends it early in native code', 'blk.0\u0000.weight', 'has control characters'],
    ['that is no UTF-8', Buffer.from([0x61, 0xff]), 'is not UTF-8'],
  ])('a tensor name %s', async (_name, name, reason) => {
    expect(await refusal(withTensors(tensor({ name })))).toContain(reason)
  })
  test.each([
    ['that is no UTF-8', Buffer.from([0xc3, 0x28]), 'is not UTF-8'],
    ['with an overlong encoding', Buffer.from([0xc0, 0xaf]), 'is not UTF-8'],
    ['with a surrogate', Buffer.from([0xed, 0xa0, 0x80]), 'is not UTF-8'],
    ['with an escape sequence', 'general.\u001B[2Jname', 'has control characters'],
  ])('a key %s', async (_name, key, reason) => {
    const message = await refusal({ ...soundParts(), metadata: [...soundParts().metadata, [key, u32(1)]] })
    expect(message).toContain(reason)
    expect(message).not.toMatch(/\p{Cc}/u)
  })
})

describe('CVE-2025-49847 and its like: vocabularies', () => {
  test.each([
    ['fewer scores than tokens', { scores: f32s([0]) }, 'it has 8 tokens, but 1 in "tokenizer.ggml.scores"'],
    ['more scores than tokens', { scores: f32s(Array<number>(9).fill(0)) }, 'it has 8 tokens, but 9 in'],
    ['fewer types than tokens', { token_type: i32s([1]) }, 'but 1 in "tokenizer.ggml.token_type"'],
    [
      'scores that are truth values',
      { scores: bools(Array<boolean>(8).fill(true)) },
      'holds bool, not f32 or i32',
    ],
    ['types that are 64-bit', { token_type: array(11, 8, Buffer.alloc(64)) }, 'holds i64, not i32'],
    ['tokens that are numbers', { tokens: i32s([1, 2, 3, 4, 5, 6, 7, 8]) }, 'holds i32, not string'],
    ['tokens that are no array', { tokens: text('abc') }, '"tokenizer.ggml.tokens" is no array'],
    [
      'no tokens at all',
      { tokens: texts([]), scores: f32s([]), token_type: i32s([]) },
      'its vocabulary is empty',
    ],
    ['scores without tokens', { tokens: null }, 'it has parts of a vocabulary'],
    [
      'a special token out of range',
      { eos_token_id: u32(8) },
      '"tokenizer.ggml.eos_token_id" is 8, and there are 8',
    ],
    ['a special token of −1', { bos_token_id: u32(2 ** 32 - 1) }, 'is 4294967295, and there are 8 tokens'],
    ['a special token that is text', { bos_token_id: text('1') }, 'is of type string, not u32'],
    [
      'one token twice',
      { tokens: texts(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'a']) },
      'its tokens 0 and 7 are the same',
    ],
    ['merges that are numbers', { merges: i32s([1]) }, 'holds i32, not string'],
    ['a tokenizer that is a number', { model: u32(1) }, '"tokenizer.ggml.model" is no text'],
  ])('%s', async (_name, changes, reason) => {
    const prefixed = Object.fromEntries(
      Object.entries(changes).map(([name, value]) => [`tokenizer.ggml.${name}`, value]),
    )
    expect(await refusal(soundParts(prefixed))).toContain(reason)
  })

  const long = (tokens: readonly string[], merges: readonly string[] = []): GgufParts =>
    soundParts(
      {
        'tokenizer.ggml.tokens': texts(tokens),
        'tokenizer.ggml.scores': null,
        'tokenizer.ggml.token_type': null,
        'tokenizer.ggml.merges': texts(merges),
      },
      {
        tensors: [
          tensor({
            name: 'token_embd.weight',
            dimensions: [32, tokens.length],
            type: 24,
            data: Buffer.alloc(32 * tokens.length),
          }),
        ],
      },
    )
  const many = Array.from({ length: 60_000 }, (_, index) => `token ${index}`)

  test('a long vocabulary is looked at as closely as a short one', async () => {
    await checkWeights([await fileOf(long(many))])
    expect(await refusal(long([...many, 'token 7']))).toContain('its tokens 7 and 60000 are the same')
    expect(await refusal(long([...many, 'x'.repeat(limits.elementBytes + 1)]))).toContain(
      `element 60000 of the array "tokenizer.ggml.tokens" is ${limits.elementBytes + 1} bytes long`,
    )
    const merges = many.map((_, index) => `a ${index}`)
    await checkWeights([await fileOf(long(many, merges))])
    for (const merge of ['ab', ' ', 'a ', '', ' a']) {
      expect(await refusal(long(many, [...merges, merge]))).toContain('is not two parts')
    }
  })

  test('more tokens than rows of embeddings, and fewer', async () => {
    const rows = (count: number) =>
      withTensors(
        tensor({ name: 'token_embd.weight', dimensions: [32, count], data: Buffer.alloc(32 * count * 4) }),
      )
    expect(await refusal(rows(7))).toContain('it has 8 tokens, but embeddings for 7')
    expect(await refusal(rows(9))).toContain('it has 8 tokens, but embeddings for 9')
  })
})

describe('hyper-parameters that nobody can mean', () => {
  test.each([
    ['block_count', u32(0)],
    ['block_count', u32(513)],
    ['block_count', i32(-1)],
    ['block_count', text('1')],
    ['block_count', i32s([1, 2])],
    ['context_length', u32(0)],
    ['context_length', u32(2 ** 32 - 1)],
    ['embedding_length', u32(0)],
    ['embedding_length', u32(2 ** 31)],
    ['embedding_length', f32(32)],
    ['embedding_length', u32(64)],
    ['attention.head_count', u32(0)],
    ['attention.head_count', u32(2 ** 31)],
    ['attention.head_count_kv', u32(0)],
    ['attention.head_count_kv', u32(3)],
    ['attention.head_count_kv', i32s([])],
    ['attention.head_count', i32s([-1])],
    ['attention.key_length', u32(0)],
    ['feed_forward_length', u32(2 ** 31)],
    ['expert_count', u32(1025)],
    ['expert_used_count', u32(1)],
    ['rope.freq_base', f32(Number.NaN)],
    ['rope.scaling.factor', f32(Number.POSITIVE_INFINITY)],
  ])('%s', async (name, value) => {
    expect(await refusal(soundParts({ [`llama.${name}`]: value }))).toMatch(/not a sound model file: .+/)
  })

  test.each([
    ['CVE-2024-41130: no architecture', { 'general.architecture': null }, 'which architecture'],
    ['an architecture that is a path', { 'general.architecture': text('../../x') }, 'names no architecture'],
    ['CVE-2025-0312: no layers', { 'llama.block_count': null }, '"llama.block_count" is missing'],
    ['no context', { 'llama.context_length': null }, '"llama.context_length" is missing'],
    ['no tokenizer', { 'tokenizer.ggml.model': null }, '"tokenizer.ggml.model" is missing'],
    ['an adapter', { 'general.type': text('adapter') }, 'it calls itself "adapter"'],
  ])('%s', async (_name, changes, reason) => {
    expect(await refusal(soundParts(changes))).toContain(reason)
  })

  test('no tensors', async () => {
    expect(await refusal(soundParts({}, { tensors: [] }))).toContain('it has no tensors')
  })
})

describe('split models', () => {
  const part = (number: number, changes: Parameters<typeof soundParts>[0] = {}): GgufParts => ({
    metadata: [
      ...(number === 0 ? soundParts().metadata : []),
      ...Object.entries({
        'split.no': u16(number),
        'split.count': u16(2),
        'split.tensors.count': i32(2),
        ...changes,
      }).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
    ],
    tensors: [tensor({ name: number === 0 ? 'token_embd.weight' : `blk.${number}` })],
  })
  async function split(first: GgufParts, second: GgufParts | null, stem: string): Promise<string> {
    const path = join(folder, `${stem}-00001-of-00002.gguf`)
    await writeFile(path, ggufBytes(first))
    if (second !== null) await writeFile(join(folder, `${stem}-00002-of-00002.gguf`), ggufBytes(second))
    return path
  }

  test('all parts are checked and counted together', async () => {
    const path = await split(part(0), part(1), 'sound')
    const model = await checkWeights([path])
    expect(model.tensors.map(({ name }) => name)).toEqual(['token_embd.weight', 'blk.1'])
    expect(model.fileBytes).toBeGreaterThan((await readGguf(path)).fileBytes)
    await checkWeights([path, path.replace('00001-of', '00002-of')])
  })

  test.each<[string, GgufParts, GgufParts | null, string]>([
    ['missing', part(0), null, 'part 2 of 2 is missing: missing-00002-of-00002.gguf'],
    ['twice', part(0), part(0), 'it should be part 2 of 2, and says it is 1'],
    ['unnumbered', part(0), part(1, { 'split.no': null }), 'says it is none'],
    ['otherwise', part(0), part(1, { 'split.count': u16(3) }), 'it claims 3 parts, and the first file 2'],
    ['wrong-type', part(0), part(1, { 'split.no': u32(1) }), '"split.no" is of type u32, not u16'],
    [
      'too-many',
      part(0, { 'split.tensors.count': i32(3) }),
      part(1),
      'hold 2 tensors together, and it claims 3',
    ],
    [
      'same',
      part(0),
      { ...part(1), tensors: [tensor({ name: 'token_embd.weight' })] },
      'is in two of its files',
    ],
    ['broken', part(0), { ...part(1), version: 9 }, 'it is GGUF version 9'],
  ])('%s', async (stem, first, second, reason) => {
    const path = await split(first, second, stem)
    await expect(checkWeights([path])).rejects.toThrow(reason)
    await expect(checkWeights([path])).rejects.toMatchObject({ code: 'weights_invalid', exit: 6 })
  })

  test('a part that was renamed', async () => {
    expect(await refusal(part(0))).toContain('its name must end in "-00001-of-00002.gguf"')
  })
})
