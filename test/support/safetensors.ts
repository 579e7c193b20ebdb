/** Reads safetensors: an 8-byte length, a JSON header of that length, the data (huggingface.co/docs/safetensors). */
import { z } from 'zod'

export interface SafeTensor {
  readonly name: string
  /** Slowest first. */
  readonly shape: readonly number[]
  readonly type: string
  /** Little-endian, a view into the file. */
  readonly data: Buffer
}

const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.int().min(0)),
    data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
  }),
)

export function safetensors(file: Buffer): SafeTensor[] {
  const begin = 8 + Number(file.readBigUInt64LE(0))
  const { __metadata__: _notes, ...entries } = JSON.parse(file.toString('utf8', 8, begin)) as Record<
    string,
    unknown
  >
  return Object.entries(headerSchema.parse(entries)).map(([name, { dtype, shape, data_offsets }]) => {
    const [from, to] = data_offsets
    return { name, shape, type: dtype, data: file.subarray(begin + from, begin + to) }
  })
}
