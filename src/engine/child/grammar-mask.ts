/** Which tokens may come, as bits by token; a short list where few may. */

export interface TokenMask {
  readonly bits: Uint32Array
  /** Null when there are many. */
  readonly few: Int32Array | null
}

/** Above this many they are no longer few. */
const mostFew = 512

/**
 * A mask that allows only `tokens`, which are indexes into the vocabulary; up to 512 are also kept as a list (`few`).
 */
export function newMask(tokens: readonly number[], vocabularySize: number): TokenMask {
  const bits = new Uint32Array(Math.ceil(vocabularySize / 32))
  for (const token of tokens) bits[token >> 5]! |= 1 << (token & 31)
  return { bits, few: tokens.length <= mostFew ? Int32Array.from(tokens) : null }
}

/** Whether the mask allows a token of the vocabulary. */
export function isIn({ bits }: TokenMask, token: number): boolean {
  return ((bits[token >> 5]! >>> (token & 31)) & 1) === 1
}

/** `logits` with all that may not come at minus infinity, in `target`. */
export function masked({ bits, few }: TokenMask, logits: Float32Array, target: Float32Array): void {
  if (few !== null) {
    target.fill(-Infinity)
    for (const token of few) target[token] = logits[token]!
    return
  }
  for (let word = 0, token = 0; word < bits.length; word++) {
    const these = bits[word]!
    const end = Math.min(token + 32, logits.length)
    if (these === 0xffff_ffff) {
      for (; token < end; token++) target[token] = logits[token]!
    } else {
      for (let bit = 0; token < end; token++, bit++) {
        target[token] = ((these >>> bit) & 1) === 1 ? logits[token]! : -Infinity
      }
    }
  }
}
