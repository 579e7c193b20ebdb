import { limits, tensorTypes } from './format.ts'
import type { HeaderReader } from './header-reader.ts'
import { control } from './metadata.ts'
import { quoted } from './printable.ts'

export interface GgufTensor {
  readonly name: string
  /** Such as `Q4_1`. */
  readonly type: string
  /** Fastest first, as the file has them. */
  readonly dimensions: readonly number[]
  readonly elements: number
  /** From the start of the tensor data. */
  readonly offset: number
  readonly bytes: number
}

/** @throws `weights_invalid` with the reason. */
export async function readTensors(reader: HeaderReader, count: number): Promise<readonly GgufTensor[]> {
  const tensors: GgufTensor[] = []
  const names = new Set<string>()
  for (let index = 0; index < count; index++) {
    const what = (): string => `the name of tensor ${index + 1} of ${count}`
    if (reader.buffered < longestRecord) await reader.prefetch(longestRecord, what)
    const name = await reader.text(limits.tensorNameBytes, what)
    if (control.test(name)) reader.refuse(`the tensor name ${quoted(name)} has control characters`)
    if (names.has(name)) reader.refuse(`the tensor ${quoted(name)} is there twice`)
    names.add(name)
    tensors.push(readShape(reader, name))
  }
  return tensors
}

function readShape(reader: HeaderReader, name: string): GgufTensor {
  const refuse = (reason: string): never => reader.refuse(`the tensor ${quoted(name)} ${reason}`)
  const rank = reader.u32()
  if (rank === 0 || rank > limits.dimensions) {
    refuse(`has ${rank} dimensions, not 1 to ${limits.dimensions}`)
  }
  const dimensions: number[] = []
  let elements = 1
  for (let index = 0; index < rank; index++) {
    const dimension = reader.size(() => `dimension ${index} of the tensor ${quoted(name)}`)
    if (dimension === 0) refuse(`is 0 long in dimension ${index}`)
    elements *= dimension
    dimensions.push(dimension)
  }
  if (elements > Number.MAX_SAFE_INTEGER) refuse(`overflows: its dimensions are ${dimensions.join(' × ')}`)
  const number = reader.u32()
  const type = tensorTypes.get(number) ?? refuse(`has the unknown type ${number}`)
  const row = dimensions[0] ?? 0
  if (row % type.elements !== 0) {
    refuse(`has rows of ${row} elements, which ${type.name} cannot pack by ${type.elements}`)
  }
  // Exact up to 2^53, and the file is far smaller than that.
  const bytes = (elements / type.elements) * type.bytes
  const offset = reader.size(() => `the offset of the tensor ${quoted(name)}`)
  return { name, type: type.name, dimensions, elements, offset, bytes }
}

/**
 * Tensors must follow one another in the order of the header, each at the next aligned place: the native loader takes
 * this for granted, and it leaves no room for overlap.
 *
 * @throws `weights_invalid` with the reason.
 */
export function checkLayout(
  reader: HeaderReader,
  tensors: readonly GgufTensor[],
  dataOffset: number,
  alignment: number,
): void {
  let expected = 0
  for (const { name, offset, bytes } of tensors) {
    if (offset % alignment !== 0) {
      reader.refuse(`the tensor ${quoted(name)} begins at ${offset}, not at a multiple of ${alignment}`)
    }
    if (bytes > reader.fileBytes || dataOffset + offset + bytes > reader.fileBytes) {
      reader.refuse(
        `the tensor ${quoted(name)} takes ${bytes} bytes at ${offset} of the data, beyond the end of the file (truncated?)`,
      )
    }
    if (offset < expected) reader.refuse(`the tensor ${quoted(name)} overlaps the one before it`)
    if (offset > expected) reader.refuse(`there is a hole before the tensor ${quoted(name)}`)
    expected = Math.ceil((offset + bytes) / alignment) * alignment
  }
}

/** Name with its length, rank, dimensions, type, offset. */
const longestRecord = 8 + limits.tensorNameBytes + 4 + limits.dimensions * 8 + 4 + 8
