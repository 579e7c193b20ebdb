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
    await reader.prefetch(longestRecord, `tensor ${index + 1} of ${count}`)
    const name = await reader.text(limits.tensorNameBytes, `the name of tensor ${index + 1} of ${count}`)
    const tensor = quoted(name)
    if (control.test(name)) reader.refuse(`the tensor name ${tensor} has control characters`)
    if (names.has(name)) reader.refuse(`the tensor ${tensor} is there twice`)
    names.add(name)
    tensors.push({ name, ...readShape(reader, tensor) })
  }
  return tensors
}

function readShape(reader: HeaderReader, tensor: string): Omit<GgufTensor, 'name'> {
  const rank = reader.u32()
  if (rank === 0 || rank > limits.dimensions) {
    reader.refuse(`the tensor ${tensor} has ${rank} dimensions, not 1 to ${limits.dimensions}`)
  }
  const dimensions: number[] = []
  let elements = 1
  for (let index = 0; index < rank; index++) {
    const dimension = reader.size(`dimension ${index} of the tensor ${tensor}`)
    if (dimension === 0) reader.refuse(`dimension ${index} of the tensor ${tensor} is 0`)
    elements *= dimension
    dimensions.push(dimension)
  }
  if (elements > Number.MAX_SAFE_INTEGER) {
    reader.refuse(`the tensor ${tensor} overflows: its dimensions are ${dimensions.join(' × ')}`)
  }
  const number = reader.u32()
  const type = tensorTypes.get(number) ?? reader.refuse(`the tensor ${tensor} has the unknown type ${number}`)
  const row = dimensions[0] ?? 0
  if (row % type.elements !== 0) {
    reader.refuse(
      `rows of the tensor ${tensor} have ${row} elements, which ${type.name} cannot pack by ${type.elements}`,
    )
  }
  // At most 2^53 / 32 × 292 for packed types: exact where it matters, for the bounds below are far smaller.
  const bytes = (elements / type.elements) * type.bytes
  const offset = reader.size(`the offset of the tensor ${tensor}`)
  return { type: type.name, dimensions, elements, offset, bytes }
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
    const tensor = quoted(name)
    if (offset % alignment !== 0) {
      reader.refuse(`the tensor ${tensor} begins at ${offset}, not at a multiple of ${alignment}`)
    }
    if (bytes > reader.fileBytes || dataOffset + offset + bytes > reader.fileBytes) {
      reader.refuse(
        `the tensor ${tensor} takes ${bytes} bytes at ${offset} of the data, beyond the end of the file (truncated?)`,
      )
    }
    if (offset < expected) reader.refuse(`the tensor ${tensor} overlaps the one before it`)
    if (offset > expected) reader.refuse(`there is a hole before the tensor ${tensor}`)
    expected = Math.ceil((offset + bytes) / alignment) * alignment
  }
}

/** Name with its length, rank, dimensions, type, offset. */
const longestRecord = 8 + limits.tensorNameBytes + 4 + limits.dimensions * 8 + 4 + 8
