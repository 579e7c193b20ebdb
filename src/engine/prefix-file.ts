/**
 * What a process computed of a prompt, as a file that a later process of the same model reads. Numbers have 32 bits,
 * little end first:
 *
 *     SHA-256 of all that follows · SHA-256 of its origin · number of tokens · number of pieces · length of each piece
 *     tokens · pieces of the KV cache
 *
 * A file that is cut, damaged or of another origin is no file.
 */
import { createHash } from 'node:crypto'

/** Tokens that were computed, and what that made of the cells of the native cache, in pieces as the library writes them. */
export interface ComputedPrefix {
  readonly tokens: Int32Array
  readonly pieces: readonly Uint8Array[]
}

/** All that the bits of cells depend on, beside weights and tokens. */
export interface CellOrigin {
  readonly build: string
  readonly layout: string
}

const digestBytes = 32
const numberBytes = 4

/** The bytes of such a file, for a prefix that this `origin` computed. */
export function encodePrefix({ tokens, pieces }: ComputedPrefix, origin: CellOrigin): Uint8Array {
  const lengths = pieces.map(({ byteLength }) => byteLength)
  const numbers = [tokens.length, pieces.length, ...lengths, ...tokens]
  const table = Buffer.alloc(numbers.length * numberBytes)
  for (const [index, number] of numbers.entries()) table.writeUInt32LE(number, index * numberBytes)
  const body = [digestOf(origin), table, ...pieces]
  const digest = createHash('sha256')
  for (const part of body) digest.update(part)
  return Buffer.concat([digest.digest(), ...body])
}

/** Null when it is not whole, or not of this origin. */
export function decodePrefix(file: Uint8Array, origin: CellOrigin): ComputedPrefix | null {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const body = bytes.subarray(digestBytes)
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(0, digestBytes))) return null
  if (!body.subarray(0, digestBytes).equals(digestOf(origin))) return null
  let left = body.subarray(digestBytes)
  const take = (length: number): Buffer | null => {
    if (length > left.length) return null
    const taken = left.subarray(0, length)
    left = left.subarray(length)
    return taken
  }
  const numbers = (count: number): number[] | null => {
    const taken = take(count * numberBytes)
    if (taken === null) return null
    return Array.from({ length: count }, (_, index) => taken.readUInt32LE(index * numberBytes))
  }
  const [tokenCount, pieceCount] = numbers(2) ?? []
  if (tokenCount === undefined || pieceCount === undefined) return null
  const lengths = numbers(pieceCount)
  const tokens = numbers(tokenCount)
  const pieces = lengths?.map(take) ?? []
  if (lengths === null || tokens === null || left.length > 0) return null
  return pieces.every((piece) => piece !== null) ? { tokens: Int32Array.from(tokens), pieces } : null
}

function digestOf({ build, layout }: CellOrigin): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([build, layout]))
    .digest()
}
