/** Whole numbers that can be divided by one, as rules: an automaton over remainders. */
import type { Rule } from './grammar.ts'
import { mostDigits } from './json-text.ts'
import { choice, literal, nothing, optional, reference, repeat, sequence } from './rules.ts'

/** Greater divisors take more rules than they are worth, unless zeros at their end can be split off. */
const mostRemainders = 100
/** So many multiples between bounds are written out. */
const mostMultiples = 5000

/** What makes the rules of multiples, and what they are called. */
export interface MultipleRules {
  readonly root: Rule
  readonly rules: Record<string, Rule>
}

/** `null` when no grammar of a reasonable size says it. Bounds count. */
export function multiplesOf(
  divisor: bigint,
  least: bigint | null,
  most: bigint | null,
  prefix: string,
): MultipleRules | null {
  if (least !== null && most !== null) {
    const first = ceilingOf(least, divisor)
    if (first > most) return null
    if ((most - first) / divisor < BigInt(mostMultiples))
      return { root: listed(first, most, divisor), rules: {} }
  }
  // Only zero can be a bound besides.
  const signless = least === 0n && most === null
  if (!signless && (least !== null || most !== null)) return null
  const zeros = /0*$/.exec(divisor.toString())![0].length
  const part = divisor / 10n ** BigInt(zeros)
  const digits = mostDigits - zeros
  if (part > BigInt(mostRemainders) || digits < 1) return null
  const { root, rules } = part === 1n ? powerOfTen(digits) : byRemainder(Number(part), digits, prefix)
  const positive = sequence(root, literal('0'.repeat(zeros)))
  const above = choice(literal('0'), positive)
  return { root: signless ? above : choice(literal('0'), sequence(optional(literal('-')), positive)), rules }
}

/** The smallest multiple of `divisor` that is not below `least`; both must be positive or zero, `divisor` not zero. */
export function ceilingOf(least: bigint, divisor: bigint): bigint {
  const quotient = least / divisor
  return (least > quotient * divisor ? quotient + 1n : quotient) * divisor
}

function listed(first: bigint, most: bigint, divisor: bigint): Rule {
  const all: Rule[] = []
  for (let value = first; value <= most; value += divisor) all.push(literal(value.toString()))
  return choice(...all)
}

function powerOfTen(digits: number): MultipleRules {
  const digit: Rule = { kind: 'characters', ranges: [[0x30, 0x39]] }
  const first: Rule = { kind: 'characters', ranges: [[0x31, 0x39]] }
  return { root: sequence(first, repeat(digit, 0, digits - 1)), rules: {} }
}

/** A rule for each remainder and number of digits that may still come. */
function byRemainder(divisor: number, digits: number, prefix: string): MultipleRules {
  const name = (remainder: number, left: number) => `${prefix}remainder-${remainder}-${left}`
  const step = (remainder: number, left: number, first: number) =>
    Array.from({ length: 10 - first }, (_, index) => {
      const digit = first + index
      return sequence(literal(String(digit)), reference(name((remainder * 10 + digit) % divisor, left)))
    })
  const rules: Record<string, Rule> = {}
  for (let left = 0; left < digits; left++) {
    for (let remainder = 0; remainder < divisor; remainder++) {
      const more = left === 0 ? [] : step(remainder, left - 1, 0)
      const end = remainder === 0 ? [nothing] : []
      rules[name(remainder, left)] = { kind: 'choice', rules: [...end, ...more] }
    }
  }
  return { root: choice(...step(0, digits - 1, 1)), rules }
}
