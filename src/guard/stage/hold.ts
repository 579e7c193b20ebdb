import type { Direction } from '../../core/verdict.ts'
import type { Policy } from '../policy/policy.ts'
import { openRuleFrom } from '../rules/apply.ts'

/** Words, and what is written without spaces, are held back whole up to this length. */
const longestWord = 512
const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u

/**
 * Up to where an unfinished text may be judged and let go: before the word at its end, and before anything that more
 * text could complete to what a rule is about.
 */
export function settledUntil(text: string, policies: readonly Policy[], direction: Direction): number {
  return Math.min(
    wordFrom(text),
    codesFrom(text),
    ...policies.map((policy) => openRuleFrom(text, policy, direction)),
  )
}

/** Where the unfinished word at the end of a text begins. */
function wordFrom(text: string): number {
  const from = Math.max(0, text.length - longestWord)
  const tail = text.slice(from)
  if (spaceless.test(tail)) return text.length
  const word = /[^\s]*$/.exec(tail)
  const start = from + (word?.index ?? tail.length)
  // Longer than any word: it is let go in parts, or a stream without spaces would never end.
  return start === from && from > 0 ? text.length : start
}

/** Where a run of signs begins that may be one text in code: bytes in hex or binary, Morse, letters on their own. */
function codesFrom(text: string): number {
  const from = Math.max(0, text.length - longestWord)
  const match = /(?:(?:[0-9A-Fa-f]{2}|[01]{7,8}|\d{2,3}|[.-]{1,5}|[^\s])[ ,/|]+){3,}[^\s]{0,8}$/.exec(
    text.slice(from),
  )
  if (match === null) return text.length
  const start = from + match.index
  return match.index === 0 && from > 0 ? text.length : start
}
