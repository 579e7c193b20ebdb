import { DistinctTexts } from './distinct-texts.ts'
import { limits } from './format.ts'
import type { HeaderReader, TextVisitor } from './header-reader.ts'

/** What the strings of an array must hold to. */
export interface TextRule {
  /** Of each string, in order. */
  readonly holds: TextVisitor
  /** The reason for refusal when one does not. */
  broken(text: string): string
  /** The reason for refusal when all together do not; null when they do. */
  brokenTogether(): string | null
}

/** The rule for the strings of an array; null when they may be anything. */
export function ruleFor(reader: HeaderReader, key: string, length: number): TextRule | null {
  if (key === 'tokenizer.ggml.tokens') return tokenRule(reader, length)
  if (key === 'tokenizer.ggml.merges') return mergeRule
  return null
}

/**
 * Each text is there once: the native library ends the process otherwise. Empty ones are the exception, it gives them
 * names of their own.
 */
function tokenRule(reader: HeaderReader, length: number): TextRule {
  if (length > limits.tokens) reader.refuse(`it has ${length} tokens, more than ${limits.tokens}`)
  const texts = new DistinctTexts(length)
  let bytesLeft: number = limits.tokenBytes
  let token = -1
  return {
    holds(window, from, end) {
      bytesLeft -= end - from
      if (bytesLeft < 0) return false
      token++
      if (from < end) texts.add(token, window, from, end)
      return true
    },
    broken: () => `its tokens' texts take more than ${limits.tokenBytes} bytes`,
    brokenTogether() {
      const pair = texts.repeated()
      return pair === null ? null : `its tokens ${pair[0]} and ${pair[1]} are the same`
    },
  }
}

/** Two parts with a space between, neither of them empty. */
const mergeRule: TextRule = {
  holds(window, from, end) {
    let at = from + 1
    while (at < end && window[at] !== space) at++
    return at < end - 1
  },
  broken: (text) => `the merge ${text} is not two parts with a space between`,
  brokenTogether: () => null,
}

const space = 0x20
