import { open, stat, type FileHandle } from 'node:fs/promises'
import { elpisError } from '../../errors.ts'
import { limits, type GgufValueType } from './format.ts'
import { HeaderReader } from './header-reader.ts'
import { checkHyperParameters } from './hyper-parameters.ts'
import {
  readMetadata,
  readScalar,
  shown,
  type GgufArray,
  type GgufScalar,
  type GgufValue,
} from './metadata.ts'
import { printable } from './printable.ts'
import { checkLayout, readTensors, type GgufTensor } from './tensors.ts'
import { checkVocabulary } from './vocabulary.ts'

/** The header of one GGUF file. Strings are as the file has them: `printable` before anybody sees them. */
export interface Gguf {
  readonly path: string
  /** 2 or 3. */
  readonly version: number
  readonly fileBytes: number
  readonly alignment: number
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** The type that each value has in the file. */
  readonly types: ReadonlyMap<string, GgufValueType>
  readonly tensors: readonly GgufTensor[]
  /** Position in the file at which the tensors' data begins. */
  readonly dataOffset: number
}

/**
 * Reads and checks the header of a GGUF file, version 2 or 3, little endian. Never reads tensors' data, never takes
 * more memory or time for a broken file than for a good one (`limits`).
 *
 * @throws `weights_invalid` with the precise reason; nothing else on account of the file's content.
 */
export async function readGguf(path: string): Promise<Gguf> {
  const handle = await openRegular(path)
  try {
    const { size } = await handle.stat()
    const reader = new HeaderReader(handle, path, size)
    const { version, tensorCount, keyCount } = await readPreamble(reader)
    const metadata = await readMetadata(reader, keyCount)
    const alignment = alignmentOf(reader, metadata)
    checkVocabulary(reader, metadata)
    const tensors = await readTensors(reader, tensorCount)
    const dataOffset = Math.ceil(reader.position / alignment) * alignment
    checkLayout(reader, tensors, dataOffset, alignment)
    checkHyperParameters(reader, metadata, tensors)
    const { values, types } = metadata
    return { path, version, fileBytes: size, alignment, metadata: values, types, tensors, dataOffset }
  } finally {
    await handle.close()
  }
}

/**
 * The elements of an array that was too long to be kept, such as `tokenizer.ggml.tokens`; empty when the file has no
 * such array. Bytes that are not UTF-8 become U+FFFD.
 */
export async function readGgufArray(gguf: Gguf, key: string): Promise<readonly GgufScalar[]> {
  const array = gguf.metadata.get(key)
  if (typeof array !== 'object') return []
  if (array.values !== null) return array.values
  const handle = await openRegular(gguf.path)
  try {
    return await elements(new HeaderReader(handle, gguf.path, gguf.fileBytes, array.offset), array, key)
  } finally {
    await handle.close()
  }
}

async function elements(
  reader: HeaderReader,
  { type, length }: GgufArray,
  key: string,
): Promise<GgufScalar[]> {
  const values: GgufScalar[] = []
  for (let index = 0; index < length; index++) {
    if (reader.buffered < 8) await reader.prefetch(8, key)
    if (type === 'string') {
      const bytes = reader.size(key)
      if (bytes > limits.elementBytes) reader.refuse('it changed while it was read')
      if (reader.buffered < bytes) await reader.need(bytes, key)
      values.push(reader.bytes(bytes).toString())
    } else {
      values.push(readScalar(reader, type, key))
    }
  }
  return values
}

async function readPreamble(
  reader: HeaderReader,
): Promise<{ version: number; tensorCount: number; keyCount: number }> {
  await reader.need(8, 'its first 8 bytes')
  const magic = reader.bytes(4).toString('latin1')
  if (magic === 'FUGG') reader.refuse('it is big endian, which cannot be loaded here')
  if (magic !== 'GGUF') reader.refuse(`it begins with "${printable(magic)}", not with "GGUF"`)
  const version = reader.u32()
  if (version === 1) reader.refuse('it is GGUF version 1, which was withdrawn; convert the model anew')
  if (version !== 0 && version % 0x1_0000 === 0)
    reader.refuse('it is big endian, which cannot be loaded here')
  if (version !== 2 && version !== 3) reader.refuse(`it is GGUF version ${version}; 2 and 3 can be read`)
  await reader.need(16, 'its counts')
  const tensorCount = reader.size('its number of tensors')
  const keyCount = reader.size('its number of keys')
  if (tensorCount > limits.tensors)
    reader.refuse(`it claims ${tensorCount} tensors, more than ${limits.tensors}`)
  if (keyCount > limits.keys) reader.refuse(`it claims ${keyCount} keys, more than ${limits.keys}`)
  const least = keyCount * leastKeyBytes + tensorCount * leastTensorBytes
  if (least > reader.remaining) {
    reader.refuse(
      `it claims ${keyCount} keys and ${tensorCount} tensors, which do not fit into its ${reader.fileBytes} bytes`,
    )
  }
  return { version, tensorCount, keyCount }
}

function alignmentOf(
  reader: HeaderReader,
  { values, types }: { values: ReadonlyMap<string, GgufValue>; types: ReadonlyMap<string, GgufValueType> },
): number {
  const key = 'general.alignment'
  const alignment = values.get(key)
  if (alignment === undefined) return 32
  if (types.get(key) !== 'u32') reader.refuse(`"${key}" is of type ${types.get(key)}, not u32`)
  if (
    typeof alignment !== 'number' ||
    alignment < 8 ||
    alignment > limits.alignment ||
    !powerOfTwo(alignment)
  ) {
    reader.refuse(`its alignment is ${shown(alignment)}, not a power of two from 8 to ${limits.alignment}`)
  }
  return alignment
}

function powerOfTwo(value: number): boolean {
  return (value & (value - 1)) === 0
}

/** A device or pipe is no model: reading one may never end. */
async function openRegular(path: string): Promise<FileHandle> {
  try {
    if (!(await stat(path)).isFile()) {
      throw elpisError('weights_invalid', { file: printable(path), reason: 'it is not a regular file' })
    }
    return await open(path, 'r')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') throw elpisError('file_missing', { file: printable(path) })
    if (code === 'EACCES' || code === 'EPERM') throw elpisError('file_unreadable', { file: printable(path) })
    throw error
  }
}

/** Length and one byte of the key, type, one byte of value. */
const leastKeyBytes = 14
/** Length of the name, rank, one dimension, type, offset. */
const leastTensorBytes = 32
