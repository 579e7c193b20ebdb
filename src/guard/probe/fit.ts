/**
 * Logistic regression: features brought to mean 0 and deviation 1, squared weights held small, both labels worth the same.
 * Newton's method, each of its steps solved by conjugate gradients, so that no matrix of features by features is needed.
 */

export interface Example {
  readonly state: Float32Array
  readonly label: boolean
}

/** The logit is `bias` and the sum of all `weights` times what they are for; for features as they come. */
export interface Fitted {
  readonly weights: Float32Array
  readonly bias: number
}

const bounds = { newton: 30, gradients: 60, tolerance: 1e-6 }

/**
 * @param ridge how strongly weights are held small, relative to the examples
 * @throws when one of the labels has no example
 */
export function fit(examples: readonly Example[], ridge: number): Fitted {
  const harmful = examples.filter(({ label }) => label).length
  const [first] = examples
  if (first === undefined || harmful === 0 || harmful === examples.length)
    throw new Error('examples of both labels are needed')
  const { rows, means, scales } = standardised(examples)
  const width = first.state.length
  const worth = examples.map(({ label }) => 0.5 / (label ? harmful : examples.length - harmful))
  // The last one is the bias, which is not held small.
  const solution = new Float64Array(width + 1)
  for (let round = 0; round < bounds.newton; round++) {
    const gradient = new Float64Array(width + 1)
    const curvature = new Float64Array(rows.length)
    for (const [index, row] of rows.entries()) {
      const chance = 1 / (1 + Math.exp(-dot(row, solution)))
      addTo(gradient, row, worth[index]! * (chance - (examples[index]!.label ? 1 : 0)))
      curvature[index] = worth[index]! * Math.max(chance * (1 - chance), 1e-9)
    }
    for (let at = 0; at < width; at++) gradient[at]! += ridge * solution[at]!
    const times = (vector: Float64Array) => {
      const result = new Float64Array(width + 1)
      for (const [index, row] of rows.entries()) addTo(result, row, curvature[index]! * dot(row, vector))
      for (let at = 0; at < width; at++) result[at]! += ridge * vector[at]!
      return result
    }
    const step = conjugateGradients(times, gradient)
    // Far from the end a whole step may lead past it.
    const length = Math.min(1, 10 / Math.sqrt(dot(step, step)))
    for (let at = 0; at <= width; at++) solution[at]! -= length * step[at]!
    if (Math.sqrt(dot(step, step)) < bounds.tolerance) break
  }
  const weights = Float32Array.from({ length: width }, (_, at) => solution[at]! / scales[at]!)
  let bias = solution[width]!
  for (let at = 0; at < width; at++) bias -= weights[at]! * means[at]!
  return { weights, bias }
}

/** The logit of one. */
export function logit({ weights, bias }: Fitted, state: Float32Array): number {
  let sum = bias
  for (let at = 0; at < weights.length; at++) sum += weights[at]! * state[at]!
  return sum
}

function standardised(examples: readonly Example[]) {
  const width = examples[0]!.state.length
  const means = new Float64Array(width)
  const scales = new Float64Array(width)
  for (const { state } of examples)
    for (let at = 0; at < width; at++) means[at]! += state[at]! / examples.length
  for (const { state } of examples)
    for (let at = 0; at < width; at++) scales[at]! += (state[at]! - means[at]!) ** 2 / examples.length
  // What never changes tells nothing.
  for (let at = 0; at < width; at++) scales[at] = scales[at]! > 1e-12 ? Math.sqrt(scales[at]!) : 1
  const rows = examples.map(({ state }) => {
    const row = new Float64Array(width + 1).fill(1)
    for (let at = 0; at < width; at++) row[at] = (state[at]! - means[at]!) / scales[at]!
    return row
  })
  return { rows, means, scales }
}

/** Solves `times(x) = wanted` for a symmetric positive `times`. */
function conjugateGradients(
  times: (vector: Float64Array) => Float64Array,
  wanted: Float64Array,
): Float64Array {
  const found = new Float64Array(wanted.length)
  const rest = Float64Array.from(wanted)
  const direction = Float64Array.from(wanted)
  let size = dot(rest, rest)
  const enough = size * 1e-12
  for (let round = 0; round < bounds.gradients && size > enough; round++) {
    const turned = times(direction)
    const far = size / dot(direction, turned)
    for (let at = 0; at < found.length; at++) {
      found[at]! += far * direction[at]!
      rest[at]! -= far * turned[at]!
    }
    const next = dot(rest, rest)
    for (let at = 0; at < found.length; at++) direction[at] = rest[at]! + (next / size) * direction[at]!
    size = next
  }
  return found
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0
  for (let at = 0; at < left.length; at++) sum += left[at]! * right[at]!
  return sum
}

function addTo(target: Float64Array, row: Float64Array, times: number): void {
  for (let at = 0; at < target.length; at++) target[at]! += times * row[at]!
}
