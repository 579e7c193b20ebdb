/**
 * Picks tokens out of a vocabulary by their logits without sorting it. All results are ordered from the most to the
 * least probable; of equals, the lower token comes first.
 */
import { exponentialOfMinus } from './exponential.ts'

/** Tokens and order in one number, exactly: 32 bits of logit above 21 bits of (inverted) token. */
const tokenRange = 2 ** 21
const floatView = new Float32Array(1)
const bitView = new Int32Array(floatView.buffer)

function keyOf(logit: number, token: number): number {
  floatView[0] = logit
  const bits = bitView[0]!
  // IEEE 754 floats sort like integers once the bits of negative ones are inverted.
  const ordered = (bits < 0 ? ~bits : bits ^ 0x8000_0000) >>> 0
  return ordered * tokenRange + (tokenRange - 1 - token)
}

const tokenOf = (key: number): number => tokenRange - 1 - (key % tokenRange)

/**
 * Whether one of the four logits from `index` on, which must all be there, reaches `threshold`. Scans go by fours: one
 * rarely taken branch for four tokens costs half of what four do.
 */
export function anyOfFour(logits: Float32Array, index: number, threshold: number): boolean {
  return (
    logits[index]! >= threshold ||
    logits[index + 1]! >= threshold ||
    logits[index + 2]! >= threshold ||
    logits[index + 3]! >= threshold
  )
}

/** Where the last whole four ends. */
export function wholeFours(logits: Float32Array): number {
  return logits.length - (logits.length % 4)
}

/** The token with the highest logit, the lowest of equals; -1 when none is a number above minus infinity. */
export function mostProbable(logits: Float32Array): number {
  let best = -Infinity
  let found = -1
  const whole = wholeFours(logits)
  for (let index = 0; index < whole; index += 4) {
    if (!anyOfFour(logits, index, best)) continue
    for (let token = index; token < index + 4; token++) {
      if (logits[token]! > best) [best, found] = [logits[token]!, token]
    }
  }
  for (let token = whole; token < logits.length; token++) {
    if (logits[token]! > best) [best, found] = [logits[token]!, token]
  }
  return found
}

/** All tokens whose logit is at least `threshold`, by token; valid until the next call. */
export function tokensFrom(logits: Float32Array, threshold: number): Int32Array {
  if (scratch.length < logits.length) scratch = new Int32Array(logits.length)
  const tokens = scratch
  let size = 0
  const whole = wholeFours(logits)
  for (let index = 0; index < whole; index += 4) {
    if (!anyOfFour(logits, index, threshold)) continue
    for (let token = index; token < index + 4; token++) {
      if (logits[token]! >= threshold) tokens[size++] = token
    }
  }
  for (let token = whole; token < logits.length; token++) {
    if (logits[token]! >= threshold) tokens[size++] = token
  }
  return tokens.subarray(0, size)
}

let scratch = new Int32Array(0)

/** The `count` most probable tokens. */
export function topTokens(logits: Float32Array, count: number): Int32Array {
  const heap = new Float64Array(Math.min(count, logits.length))
  let size = 0
  let token = 0
  for (; size < heap.length; token++) {
    if (logits[token] === undefined) break
    if (logits[token]! > -Infinity) heap[size++] = keyOf(logits[token]!, token)
  }
  const kept = heap.subarray(0, size).sort()
  if (size > 0) {
    // A sorted array is a heap with its least at the front.
    let least = logits[tokenOf(kept[0]!)]!
    for (; token < logits.length; token++) {
      // A later token never displaces an equal one.
      if (logits[token]! > least) {
        replaceLeast(kept, keyOf(logits[token]!, token))
        least = logits[tokenOf(kept[0]!)]!
      }
    }
  }
  return tokensDescending(kept)
}

/** The sum over `logits` of e^(logit - highest): the denominator of every probability. */
export function partition(logits: Float32Array, highest: number): number {
  let sum = 0
  for (let token = 0; token < logits.length; token++) sum += exponentialOfMinus(highest - logits[token]!)
  return sum
}

/**
 * The fewest most probable tokens whose probabilities add up to `share` or more (nucleus sampling, Holtzman et al.
 * 2020). Looks at ever more tokens until they are enough: mostly a few hundred are.
 */
export function nucleus(logits: Float32Array, highest: number, share: number): Int32Array {
  const wanted = share * partition(logits, highest)
  for (const depth of [4, 8, 16, Infinity]) {
    const threshold = depth === Infinity ? -Number.MAX_VALUE : highest - depth
    const tokens = ordered(logits, tokensFrom(logits, threshold))
    const enough = countToReach(logits, tokens, highest, wanted)
    if (enough !== null) return tokens.subarray(0, enough)
    if (depth === Infinity) return tokens
  }
  throw new Error('unreachable')
}

/** How many of `tokens`, from the front, reach the weight `wanted`; null when all together do not. */
export function countToReach(
  logits: Float32Array,
  tokens: Int32Array,
  highest: number,
  wanted: number,
): number | null {
  let sum = 0
  for (let index = 0; index < tokens.length; index++) {
    sum += exponentialOfMinus(highest - logits[tokens[index]!]!)
    if (sum >= wanted) return index + 1
  }
  return null
}

function replaceLeast(heap: Float64Array, key: number): void {
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++
    if (heap[child]! >= key) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = key
}

function ordered(logits: Float32Array, tokens: Int32Array): Int32Array {
  const keys = new Float64Array(tokens.length)
  for (let index = 0; index < tokens.length; index++)
    keys[index] = keyOf(logits[tokens[index]!]!, tokens[index]!)
  return tokensDescending(keys)
}

function tokensDescending(keys: Float64Array): Int32Array {
  keys.sort()
  const tokens = new Int32Array(keys.length)
  for (let index = 0; index < keys.length; index++) tokens[keys.length - 1 - index] = tokenOf(keys[index]!)
  return tokens
}
