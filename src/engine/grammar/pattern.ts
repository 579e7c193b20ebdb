/** Regular expressions as rules for the content of a JSON string. */
import type { Rule } from './grammar.ts'
import { characterOf, everyCharacter } from './json-text.ts'
import { type Alternative, parsePattern, type Pattern, UnreadablePattern } from './pattern-parser.ts'
import { choice, repeat, sequence } from './rules.ts'

export interface Lengths {
  readonly least: number
  readonly most: number | null
}

/** How often counted repetitions that stand in each other may go round in all: every count is one more way to read a text. */
const mostCounts = 1000

/**
 * The content of a JSON string whose value fits `source` (found anywhere in it, as JSON Schema has it) and is as long as
 * `lengths` says, in code points.
 *
 * @throws UnreadablePattern
 */
export function patternRule(source: string, lengths: Lengths): Rule {
  const alternatives = parsePattern(source)
  const [only] = alternatives
  if (alternatives.length === 1 && only !== undefined) {
    const tightened = tighten(only, lengths)
    if (tightened !== null) return ruleOf(tightened)
  }
  const rules = alternatives.map((alternative) => {
    checkCounts(alternative.pattern, 1)
    const whole = wholeOf(alternative)
    const own = lengthsOf(whole)
    const within =
      own.least >= lengths.least && (lengths.most === null || (own.most !== null && own.most <= lengths.most))
    if (!within) {
      throw new UnreadablePattern(
        'allows other lengths than "minLength" and "maxLength" do, and only one of them can be held; say the length in the pattern',
      )
    }
    return ruleOf(whole)
  })
  return choice(...rules)
}

/** `^[a-z]+$` and its like take bounds on their length from outside. */
function tighten({ pattern, atStart, atEnd }: Alternative, lengths: Lengths): Pattern | null {
  if (!atStart || !atEnd || pattern.kind !== 'repeat' || pattern.part.kind !== 'set') return null
  const least = Math.max(pattern.least, lengths.least)
  const most = Math.min(pattern.most ?? Infinity, lengths.most ?? Infinity)
  if (most < least)
    throw new UnreadablePattern('fits no text of a length between "minLength" and "maxLength"')
  return { ...pattern, least, most: most === Infinity ? null : most }
}

function wholeOf({ pattern, atStart, atEnd }: Alternative): Pattern {
  const anything: Pattern = {
    kind: 'repeat',
    part: { kind: 'set', ranges: everyCharacter },
    least: 0,
    most: null,
  }
  return {
    kind: 'sequence',
    parts: [...(atStart ? [] : [anything]), pattern, ...(atEnd ? [] : [anything])],
  }
}

function ruleOf(pattern: Pattern): Rule {
  switch (pattern.kind) {
    case 'set':
      return characterOf(pattern.ranges)
    case 'sequence':
      return sequence(...pattern.parts.map(ruleOf))
    case 'choice':
      return choice(...pattern.parts.map(ruleOf))
    case 'repeat':
      return repeat(ruleOf(pattern.part), pattern.least, pattern.most)
    default:
      return pattern satisfies never
  }
}

function lengthsOf(pattern: Pattern): Lengths {
  switch (pattern.kind) {
    case 'set':
      return { least: 1, most: 1 }
    case 'sequence':
      return pattern.parts
        .map(lengthsOf)
        .reduce((sum, part) => ({ least: sum.least + part.least, most: plus(sum.most, part.most) }), {
          least: 0,
          most: 0,
        })
    case 'choice': {
      const parts = pattern.parts.map(lengthsOf)
      const most = parts.some((part) => part.most === null)
        ? null
        : Math.max(...parts.map((part) => part.most!))
      return { least: Math.min(...parts.map((part) => part.least)), most }
    }
    case 'repeat': {
      const part = lengthsOf(pattern.part)
      const most =
        part.most === 0 ? 0 : pattern.most === null || part.most === null ? null : part.most * pattern.most
      return { least: part.least * pattern.least, most }
    }
    default:
      return pattern satisfies never
  }
}

function plus(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other
}

function checkCounts(pattern: Pattern, around: number): void {
  if (pattern.kind === 'set') return
  if (pattern.kind !== 'repeat') {
    for (const part of pattern.parts) checkCounts(part, around)
    return
  }
  const counts = around * Math.max(pattern.least, pattern.most ?? 1, 1)
  if (pattern.part.kind === 'set' && around === 1) return
  if (counts > mostCounts) {
    throw new UnreadablePattern(
      `has counted repetitions in each other that go round more than ${mostCounts} times`,
    )
  }
  checkCounts(pattern.part, counts)
}
