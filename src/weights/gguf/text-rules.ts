import { DistinctTexts } from './distinct-texts.ts'
import { limits } from './format.ts'
import type { HeaderReader, TextVisitor } from './header-reader.ts'

/** What every string of an array must hold to, and the reason for refusal when one does not. */
export interface TextRule {
  readonly holds: TextVisitor
  broken(text: string): string
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
  const seen = new DistinctTexts(length)
  let bytesLeft: number = limits.tokenBytes
  return {
    holds(window, from, end) {
      bytesLeft -= end - from
      return bytesLeft >= 0 && (from === end || seen.add(window, from, end))
    },
    broken: (text) =>
      bytesLeft < 0
        ? `its tokens' texts take more than ${limits.tokenBytes} bytes`
        : `the token ${text} is twice in the vocabulary`,
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
}

const space = 0x20
