/** The texts of JSON (RFC 8259) as rules: white space, strings and any value. */
import type { Rule } from './grammar.ts'
import {
  characters,
  choice,
  literal,
  nothing,
  optional,
  type Ranges,
  reference,
  repeat,
  sequence,
} from './rules.ts'

/** Longest run of blanks: models indent, and a broken one would go on forever. */
const mostBlanks = 20

/** White space where a new line may begin: none, one space, or a new line and what indents it. */
export const space: Rule = choice(
  nothing,
  literal(' '),
  sequence(
    literal('\n'),
    repeat(
      characters([
        [0x20, 0x20],
        [0x09, 0x09],
      ]),
      0,
      mostBlanks,
    ),
  ),
)
export const colon: Rule = sequence(literal(':'), optional(literal(' ')))
export const comma: Rule = sequence(literal(','), space)

const lastCodePoint = 0x10_ffff
const surrogates = [0xd800, 0xdfff] as const
/** What a string must escape, and how it is written here. */
const quote = 0x22
const backslash = 0x5c
const firstPrintable = 0x20
const shortEscapes = new Map([
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [quote, '\\"'],
  [backslash, '\\\\'],
])
const escaped = [...Array.from({ length: firstPrintable }, (_, code) => code), quote, backslash]

/** One character of a string out of `ranges`, written in one way only: escaped when it must be. */
export function characterOf(ranges: Ranges): Rule {
  const raw = without(ranges, [[0, firstPrintable - 1], [quote, quote], [backslash, backslash], surrogates])
  const escapes = escaped
    .filter((code) => ranges.some(([first, last]) => first <= code && code <= last))
    .map((code) => literal(shortEscapes.get(code) ?? `\\u${code.toString(16).padStart(4, '0')}`))
  if (escapes.length === 0) return characters(raw)
  return raw.length === 0 ? choice(...escapes) : choice(characters(raw), ...escapes)
}

/** `ranges` without `removed`; both as pairs of first and last code point. */
export function without(ranges: Ranges, removed: Ranges): Ranges {
  let left: (readonly [number, number])[] = [...ranges]
  for (const [from, to] of removed) {
    left = left.flatMap(([first, last]) =>
      to < first || last < from
        ? [[first, last] as const]
        : (
            [
              [first, from - 1],
              [to + 1, last],
            ] as const
          ).filter(([low, high]) => low <= high),
    )
  }
  return left
}

export const everyCharacter: Ranges = [[0, lastCodePoint]]

const hexadecimal: Ranges = [
  [0x30, 0x39],
  [0x41, 0x46],
  [0x61, 0x66],
]
const oneOf = (letters: string): Ranges =>
  Array.from(letters, (letter) => [letter.codePointAt(0)!, letter.codePointAt(0)!] as const)
const hex = characters(hexadecimal)
const d = characters(oneOf('dD'))

/** One character of a string in every way that JSON allows; half of a surrogate pair is no character. */
export const stringCharacter: Rule = choice(
  characters(
    without([[firstPrintable, lastCodePoint]], [[quote, quote], [backslash, backslash], surrogates]),
  ),
  sequence(literal('\\'), characters(oneOf('"\\/bfnrt'))),
  sequence(literal('\\u'), characters(without(hexadecimal, oneOf('dD'))), hex, hex, hex),
  sequence(literal('\\u'), d, characters(oneOf('01234567')), hex, hex),
  sequence(
    literal('\\u'),
    d,
    characters(oneOf('89abAB')),
    hex,
    hex,
    literal('\\u'),
    d,
    characters(oneOf('cdefCDEF')),
    hex,
    hex,
  ),
)

/** A JSON string, in quotes, whose inside fits `content`. */
export function stringOf(content: Rule): Rule {
  return sequence(literal('"'), content, literal('"'))
}

const digit = characters([[0x30, 0x39]])
/** More digits than a double can tell apart would only be lost. */
export const mostDigits = 15
export const wholeNumber: Rule = choice(
  literal('0'),
  sequence(characters([[0x31, 0x39]]), repeat(digit, 0, mostDigits - 1)),
)
export const anyInteger: Rule = sequence(optional(literal('-')), wholeNumber)
export const anyNumber: Rule = sequence(
  anyInteger,
  optional(sequence(literal('.'), repeat(digit, 1, mostDigits))),
  optional(sequence(characters(oneOf('eE')), optional(characters(oneOf('+-'))), repeat(digit, 1, 2))),
)

/** `{` … `}` around one or more entries that stand in `entries`, or around none. */
export function braces(entries: Rule): Rule {
  return sequence(literal('{'), space, entries, space, literal('}'))
}

/**
 * Any JSON value, as a rule of that name which refers to itself.
 *
 * @returns the rules to be kept under the names that `prefix` begins.
 */
export function anyValueRules(prefix: string): {
  readonly value: Rule
  readonly object: Rule
  readonly array: Rule
  readonly rules: Record<string, Rule>
} {
  const name = (kind: string) => `${prefix}any-${kind}`
  const value = reference(name('value'))
  const string = reference(name('string'))
  const entry = sequence(string, colon, value)
  const rules = {
    [name('string')]: stringOf(repeat(stringCharacter, 0, null)),
    [name('object')]: choice(literal('{}'), braces(listOf(entry, 1, null))),
    [name('array')]: choice(literal('[]'), brackets(listOf(value, 1, null))),
    [name('value')]: choice(
      reference(name('object')),
      reference(name('array')),
      string,
      anyNumber,
      literal('true'),
      literal('false'),
      literal('null'),
    ),
  }
  return { value, object: reference(name('object')), array: reference(name('array')), rules }
}

/** A JSON array around `items`, which bring their own commas; white space may stand inside the brackets. */
export function brackets(items: Rule): Rule {
  return sequence(literal('['), space, items, space, literal(']'))
}

/** Items with commas between; `least` is 1 or more. */
export function listOf(item: Rule, least: number, most: number | null): Rule {
  return sequence(item, repeat(sequence(comma, item), least - 1, most === null ? null : most - 1))
}
