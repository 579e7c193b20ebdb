import { setImmediate as nextTurn } from 'node:timers/promises'

/** Components that are written before other requests get their turn: a few milliseconds. */
const componentsAtOnce = 32_768

/**
 * A JSON list with an entry for each vector. It may be a hundred megabytes long: written in one go, it would hold up every
 * running stream.
 */
export async function listOfVectors(
  vectors: readonly Float32Array[],
  entryOf: (vector: Float32Array, index: number) => unknown,
): Promise<string> {
  const entries: string[] = []
  let components = 0
  for (const [index, vector] of vectors.entries()) {
    entries.push(JSON.stringify(entryOf(vector, index)))
    components += vector.length
    if (components < componentsAtOnce) continue
    components = 0
    await nextTurn()
  }
  return `[${entries.join(',')}]`
}

/** Nine digits are enough to read the same 32-bit float back, and half of what a 64-bit one is written with. */
export function asNumbers(vector: Float32Array): number[] {
  return Array.from(vector, (component) => Number(component.toPrecision(9)))
}
