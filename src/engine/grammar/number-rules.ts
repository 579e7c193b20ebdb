/** Numbers within bounds, as rules over their digits. No exponents: bounds are compared digit by digit. */
import { type Bound, type Decimal, decimalOf, inside, isLong, isZero } from './decimal.ts'
import type { Rule } from './grammar.ts'
import { mostDigits } from './json-text.ts'
import { characters, choice, isNever, literal, never, nothing, optional, repeat, sequence } from './rules.ts'

export interface Bounds {
  readonly least: Bound | null
  readonly most: Bound | null
}

/** A bound on a number that is not negative. */
interface Edge {
  readonly at: Decimal
  readonly exclusive: boolean
}

/** One digit from `first` to `last`, both included; never fits when `first` is above `last`. */
export function digitBetween(first: number, last: number): Rule {
  return first > last ? never : characters([[0x30 + first, 0x30 + last]])
}

const digit = digitBetween(0, 9)
const zeroEdge: Edge = { at: decimalOf(0), exclusive: false }

/** Whole numbers; `null` when there are none. Both bounds count. */
export function integersBetween(least: bigint | null, most: bigint | null): Rule | null {
  const above =
    most === null || most >= 0n ? wholeBetween(least === null || least < 0n ? 0n : least, most) : never
  const below =
    least === null || least < 0n
      ? wholeBetween(most === null || most >= 0n ? 1n : -most, least === null ? null : -least)
      : never
  return either([above, isNever(below) ? never : sequence(literal('-'), below)])
}

/** Decimal numbers; `null` when there are none. */
export function numbersBetween({ least, most }: Bounds): Rule | null {
  // Between two bounds that are one number there is no shorter one.
  if (
    least !== null &&
    !least.exclusive &&
    least.value === most?.value &&
    !most.exclusive &&
    isLong(least.value)
  ) {
    return literal(JSON.stringify(least.value))
  }
  const low = least === null ? null : edgeOf(inside(least, 1))
  const high = most === null ? null : edgeOf(inside(most, -1))
  const above =
    high?.at.negative === true
      ? never
      : decimalsBetween(low === null || low.at.negative ? zeroEdge : low, high)
  // Below zero the bounds change sides; zero itself has no sign here.
  const aboveZero = { at: zeroEdge.at, exclusive: true }
  const reachesZero = high === null || !high.at.negative
  const below =
    low !== null && (!low.at.negative || isZero(low.at))
      ? never
      : decimalsBetween(reachesZero ? aboveZero : high, low)
  return either([above, isNever(below) ? never : sequence(literal('-'), below)])
}

function either(rules: readonly Rule[]): Rule | null {
  const possible = rules.filter((rule) => !isNever(rule))
  return possible.length === 0 ? null : choice(...possible)
}

function edgeOf({ value, exclusive }: Bound): Edge {
  return { at: decimalOf(value), exclusive }
}

/** Whole numbers that are not negative, without zeros in front. */
function wholeBetween(least: bigint, most: bigint | null): Rule {
  if (most !== null && most < least) return never
  const low = least.toString()
  // Without a bound, as many digits as a double can tell apart; or as the lower bound needs.
  const high = most === null ? '9'.repeat(Math.max(mostDigits, low.length)) : most.toString()
  const rules: Rule[] = []
  if (low.length === high.length) return sameLength(low, high)
  rules.push(sameLength(low, '9'.repeat(low.length)))
  const [shortest, longest] = [low.length + 1, high.length - 1]
  if (shortest <= longest) rules.push(sequence(digitBetween(1, 9), repeat(digit, shortest - 1, longest - 1)))
  rules.push(sameLength(`1${'0'.repeat(high.length - 1)}`, high))
  return choice(...rules)
}

/** Digit strings between two of the same length. */
function sameLength(low: string, high: string): Rule {
  if (low === high) return literal(low)
  let shared = 0
  while (low[shared] === high[shared]) shared++
  const [first, last] = [Number(low[shared]), Number(high[shared])]
  const rest = low.length - shared - 1
  const [lowRest, highRest] = [low.slice(shared + 1), high.slice(shared + 1)]
  const rules = [
    sequence(literal(low[shared]!), atLeast(lowRest)),
    sequence(literal(high[shared]!), atMost(highRest)),
  ]
  const between = digitBetween(first + 1, last - 1)
  if (!isNever(between)) rules.push(sequence(between, repeat(digit, rest, rest)))
  return sequence(literal(low.slice(0, shared)), choice(...rules))
}

/** Digit strings as long as `low` that are not less. */
function atLeast(low: string): Rule {
  if (/^0*$/.test(low)) return repeat(digit, low.length, low.length)
  const [first, rest] = [Number(low[0]), low.slice(1)]
  const same = sequence(literal(low[0]!), atLeast(rest))
  const greater = digitBetween(first + 1, 9)
  return isNever(greater) ? same : choice(same, sequence(greater, repeat(digit, rest.length, rest.length)))
}

function atMost(high: string): Rule {
  if (/^9*$/.test(high)) return repeat(digit, high.length, high.length)
  const [first, rest] = [Number(high[0]), high.slice(1)]
  const same = sequence(literal(high[0]!), atMost(rest))
  const less = digitBetween(0, first - 1)
  return isNever(less) ? same : choice(same, sequence(less, repeat(digit, rest.length, rest.length)))
}

function decimalsBetween(low: Edge, high: Edge | null): Rule {
  const [from, to] = [BigInt(low.at.whole), high === null ? null : BigInt(high.at.whole)]
  if (to !== null && to < from) return never
  const room = roomFor(high ?? low)
  if (high !== null && to === from) return withWhole(low.at.whole, fractionBetween(low, high, room))
  const between =
    to === null || to - from > 1n ? wholeBetween(from + 1n, to === null ? null : to - 1n) : never
  const rules = [
    withWhole(low.at.whole, fractionFrom(low, room)),
    isNever(between) ? never : sequence(between, anyFraction(room)),
    high === null ? never : withWhole(high.at.whole, fractionUpTo(high, room)),
  ].filter((rule) => !isNever(rule))
  return choice(...rules)
}

/** Digits after the point, so that all digits together are not more than a double can tell apart. */
function roomFor({ at }: Edge): number {
  return Math.max(mostDigits - at.whole.length, at.fraction.length)
}

function withWhole(whole: string, fraction: Rule): Rule {
  return isNever(fraction) ? never : sequence(literal(whole), fraction)
}

function anyFraction(room: number): Rule {
  return room === 0 ? nothing : optional(sequence(literal('.'), repeat(digit, 1, room)))
}

function zeros(room: number): Rule {
  return room === 0 ? nothing : optional(sequence(literal('.'), repeat(literal('0'), 1, room)))
}

/** After the whole part of `low` itself. */
function fractionFrom({ at: { fraction }, exclusive }: Edge, room: number): Rule {
  if (fraction === '' && !exclusive) return anyFraction(room)
  const more = digitsFrom(fraction, exclusive, Math.max(room, fraction.length + 1))
  return sequence(literal('.'), more)
}

function fractionUpTo({ at: { fraction }, exclusive }: Edge, room: number): Rule {
  if (fraction === '') return exclusive ? never : zeros(room)
  return choice(nothing, sequence(literal('.'), digitsUpTo(fraction, exclusive, room)))
}

function fractionBetween(low: Edge, high: Edge, room: number): Rule {
  const [lower, upper] = [low.at.fraction, high.at.fraction]
  if (lower === upper) {
    if (low.exclusive || high.exclusive) return never
    return lower === ''
      ? zeros(room)
      : sequence(literal(`.${lower}`), repeat(literal('0'), 0, Math.max(0, room - lower.length)))
  }
  if (lower.padEnd(upper.length, '0') > upper.padEnd(lower.length, '0')) return never
  if (lower === '' && !low.exclusive) return fractionUpTo(high, room)
  let shared = 0
  while (lower[shared] === upper[shared]) shared++
  const [first, last] = [Number(lower[shared] ?? 0), Number(upper[shared] ?? 0)]
  const left = Math.max(room, lower.length + 1, upper.length) - shared - 1
  const rules: Rule[] = []
  const push = (front: Rule, rest: Rule) => {
    if (!isNever(front) && !isNever(rest)) rules.push(sequence(front, rest))
  }
  if (first === last) {
    // The lower one ends here and the upper one goes on with zeros.
    push(
      literal(String(first)),
      zeroThenBetween(upper.slice(shared + 1), high.exclusive, low.exclusive, left),
    )
  } else {
    push(literal(String(first)), digitsFrom(lower.slice(shared + 1), low.exclusive, left))
    push(digitBetween(first + 1, last - 1), repeat(digit, 0, left))
    push(
      literal(String(last)),
      orNothing(
        digitsUpTo(upper.slice(shared + 1), high.exclusive, left),
        upper.length > shared + 1 || !high.exclusive,
      ),
    )
  }
  // The lower one is itself within, written without more zeros.
  if (shared === lower.length && !low.exclusive) rules.push(nothing)
  return rules.length === 0 ? never : sequence(literal(`.${lower.slice(0, shared)}`), choice(...rules))
}

/** More digits after those of the lower bound, which ended: up to `upper`, and more than zero when that bound is out. */
function zeroThenBetween(upper: string, upperOut: boolean, lowerOut: boolean, left: number): Rule {
  const upTo = digitsUpTo(upper, upperOut, left)
  if (!lowerOut) return orNothing(upTo, true)
  const [first, rest] = [Number(upper[0]), upper.slice(1)]
  if (first === 0) return sequence(literal('0'), zeroThenBetween(rest, upperOut, true, left - 1))
  const rules = [
    sequence(literal('0'), digitsFrom('', true, Math.max(left - 1, 1))),
    sequence(digitBetween(1, first - 1), repeat(digit, 0, left - 1)),
    sequence(
      literal(String(first)),
      orNothing(digitsUpTo(rest, upperOut, left - 1), rest !== '' || !upperOut),
    ),
  ]
  return choice(...rules.slice(0, 1), ...(first > 1 ? [rules[1]!] : []), rules[2]!)
}

function orNothing(rule: Rule, mayEnd: boolean): Rule {
  if (!mayEnd) return rule
  return isNever(rule) ? nothing : choice(nothing, rule)
}

/** Digits after the point that say `low` or more; `low` may be empty. At most `left` of them. */
function digitsFrom(low: string, exclusive: boolean, left: number): Rule {
  if (low === '') {
    if (!exclusive) return repeat(digit, 0, left)
    return sequence(
      repeat(literal('0'), 0, Math.max(left - 1, 0)),
      digitBetween(1, 9),
      repeat(digit, 0, Math.max(left - 1, 0)),
    )
  }
  const first = Number(low[0])
  const same = sequence(literal(low[0]!), digitsFrom(low.slice(1), exclusive, Math.max(left - 1, 1)))
  const greater = digitBetween(first + 1, 9)
  return isNever(greater) ? same : choice(same, sequence(greater, repeat(digit, 0, Math.max(left - 1, 0))))
}

/** One or more digits after the point that say `high` or less; nothing but zeros once `high` has ended. */
function digitsUpTo(high: string, exclusive: boolean, left: number): Rule {
  if (high === '') return exclusive || left <= 0 ? never : repeat(literal('0'), 1, left)
  const [first, rest] = [Number(high[0]), high.slice(1)]
  const rules: Rule[] = []
  if (first > 0) rules.push(sequence(digitBetween(0, first - 1), repeat(digit, 0, Math.max(left - 1, 0))))
  const more = digitsUpTo(rest, exclusive, Math.max(left - 1, 0))
  const mayEnd = rest !== '' || !exclusive
  if (mayEnd) rules.push(isNever(more) ? literal(high[0]!) : sequence(literal(high[0]!), optional(more)))
  else if (!isNever(more)) rules.push(sequence(literal(high[0]!), more))
  return rules.length === 0 ? never : choice(...rules)
}
