/** What is done with the vectors that come out of a model. */

/** The first so many components; null leaves it whole. A model trained for it keeps the most meaning in the first ones. */
export function shortened(vector: Float32Array, dimensions: number | null): Float32Array {
  return dimensions === null ? vector : vector.subarray(0, dimensions)
}

/** The same direction with length 1; a vector without any stays as it is. */
export function unitVector(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, component) => sum + component * component, 0))
  return length === 0 ? vector.slice() : vector.map((component) => component / length)
}

/** Cosine of the angle between two unit vectors. */
export function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, component, index) => sum + component * (other[index] ?? 0), 0)
}

/**
 * How well a document answers a query, 0 to 1, from what a ranking head gives: one number of any size, which the logistic
 * function brings into the range as in training, or the probabilities of its answers, of which "yes" comes first.
 */
export function relevance(head: Float32Array): number {
  const [first = 0] = head
  return head.length === 1 ? 1 / (1 + Math.exp(-first)) : first
}
