/** Reads the weights that we ship: safetensors, checked before anything of them is used. */
import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'
import { z } from 'zod'

const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.enum(['U8', 'I8', 'F32', 'F64']),
    shape: z.array(z.int().min(0)),
    data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
  }),
)
const notesSchema = z.record(z.string(), z.string())

const kinds = { U8: Uint8Array, I8: Int8Array, F32: Float32Array, F64: Float64Array } as const
type Kind = keyof typeof kinds

/** One file of named tensors (huggingface.co/docs/safetensors). */
export class WeightsFile {
  /** What the file says of itself. */
  readonly notes: Readonly<Record<string, string>>
  readonly #data: Buffer
  readonly #header: z.infer<typeof headerSchema>

  /** @throws when the file is missing or is not what it says. */
  constructor(url: URL) {
    const file = readFileSync(url)
    const begin = 8 + Number(file.readBigUInt64LE(0))
    const { __metadata__: notes, ...header } = JSON.parse(file.toString('utf8', 8, begin)) as Record<
      string,
      unknown
    >
    this.notes = notesSchema.parse(notes ?? {})
    this.#header = headerSchema.parse(header)
    this.#data = file.subarray(begin)
  }

  tensor<K extends Kind>(name: string, kind: K, shape: readonly number[]): InstanceType<(typeof kinds)[K]> {
    const entry = this.#header[name]
    if (entry?.dtype !== kind || entry.shape.join() !== shape.join())
      throw new Error(`the weights have no ${name} of ${kind} ${shape.join('×')}`)
    const bytes = this.#data.subarray(...entry.data_offsets)
    const array = kinds[kind]
    const count = shape.reduce((product, size) => product * size, 1)
    if (bytes.byteLength !== count * array.BYTES_PER_ELEMENT) throw new Error(`${name} has a wrong length`)
    if (endianness() !== 'LE') throw new Error('the weights are for little-endian machines')
    // A copy: what stands in a file is aligned for nobody.
    const copy = new Uint8Array(bytes).buffer
    return new array(copy, 0, count) as InstanceType<(typeof kinds)[K]>
  }

  /** Bytes of a tensor, whose length the caller does not know. */
  bytes(name: string): Buffer {
    const entry = this.#header[name]
    if (entry === undefined) throw new Error(`the weights have no ${name}`)
    return this.#data.subarray(...entry.data_offsets)
  }
}
