/** How much of a model goes onto graphics processors: as many layers as their free memory holds. */

/** What parts of a model take, in bytes. */
export interface LayerSizes {
  /** Weights and cache of each layer, in order. */
  readonly layers: readonly number[]
  /** What makes logits of the last layer's output; counts as a layer more. */
  readonly output: number
  /** For intermediate results, wherever there is a layer. */
  readonly compute: number
}

/** Kept free on each device: drivers and the screen need some, and estimates are estimates. */
const reserveBytes = 512 * 1024 * 1024
const reserveShare = 0.05

/**
 * How many layers fit, counted from the last as llama.cpp does (`n_gpu_layers`): 0 is none, one more than there are layers
 * is everything. Devices share them; each has buffers of its own for intermediate results.
 *
 * @param free bytes that each device has free
 */
export function layersThatFit({ layers, output, compute }: LayerSizes, free: readonly number[]): number {
  const rooms = free.map((bytes) => Math.max(0, bytes * (1 - reserveShare) - reserveBytes - compute))
  // The library gives each device a run of layers in proportion to its memory: the whole must fit as one.
  let room = rooms.reduce((sum, bytes) => sum + bytes, 0)
  const largest = Math.max(output, ...layers)
  // A layer is never split: on each device but one up to a layer's worth of room may stay empty.
  room -= largest * Math.max(0, rooms.filter((bytes) => bytes > 0).length - 1)
  let count = 0
  for (const bytes of [output, ...layers.toReversed()]) {
    if (bytes > room) break
    room -= bytes
    count++
  }
  return count
}
