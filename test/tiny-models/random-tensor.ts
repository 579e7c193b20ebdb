import type { TensorParts } from './gguf-writer.ts'

/** Numbers between −1 and 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1
  }
}

/** A matrix of half-precision weights of about the size that training leaves behind. */
export function matrix(name: string, dimensions: readonly number[], random: () => number): TensorParts {
  const [columns = 1] = dimensions
  const scale = Math.sqrt(3 / columns)
  const elements = dimensions.reduce((product, dimension) => product * dimension, 1)
  const data = Buffer.alloc(elements * 2)
  for (let index = 0; index < elements; index++)
    data.writeUInt16LE(halfPrecision(random() * scale), index * 2)
  return { name, dimensions, type: 1, data }
}

/** A vector in single precision: norms near 1, or the values given. */
export function vector(name: string, values: readonly number[]): TensorParts {
  const data = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) data.writeFloatLE(value, index * 4)
  return { name, dimensions: [values.length], type: 0, data }
}

export function norm(name: string, length: number, random: () => number): TensorParts {
  return vector(
    name,
    Array.from({ length }, () => 1 + random() / 10),
  )
}

/** The bits of an IEEE 754 half; what is too small for a normal one becomes 0. */
function halfPrecision(value: number): number {
  const bits = new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0
  const sign = (bits >>> 16) & 0x8000
  const exponent = ((bits >>> 23) & 0xff) - 112
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 0x3ff)
}
