/** Makes rules, small where a small one says the same. */
import type { Rule } from './grammar.ts'

export type Ranges = readonly (readonly [number, number])[]

export const nothing: Rule = { kind: 'sequence', rules: [] }
/** Fits no text at all. */
export const never: Rule = { kind: 'choice', rules: [] }

/** Fits exactly this text. */
export function literal(text: string): Rule {
  return { kind: 'literal', text }
}

/** Fits one character of the ranges of code points; without ranges, nothing. */
export function characters(ranges: Ranges): Rule {
  return ranges.length === 0 ? never : { kind: 'characters', ranges }
}

/** Fits all rules in this order; without rules, the empty text. */
export function sequence(...rules: readonly Rule[]): Rule {
  return rules.length === 1 ? rules[0]! : { kind: 'sequence', rules }
}

/** Fits any of the rules; without rules, no text at all. */
export function choice(...rules: readonly Rule[]): Rule {
  return rules.length === 1 ? rules[0]! : { kind: 'choice', rules }
}

/** Fits `rule` from `least` to `most` times, both included; null is without end. */
export function repeat(rule: Rule, least: number, most: number | null): Rule {
  if (most === 0) return nothing
  return least === 1 && most === 1 ? rule : { kind: 'repeat', rule, least, most }
}

/** Fits `rule` or the empty text. */
export function optional(rule: Rule): Rule {
  return repeat(rule, 0, 1)
}

/** Fits what the rule of that name in the grammar fits; an unknown name fits nothing. */
export function reference(name: string): Rule {
  return { kind: 'reference', name }
}

/** Whether the rule is an empty choice. A rule that fits nothing in another way is not recognised. */
export function isNever(rule: Rule): boolean {
  return rule.kind === 'choice' && rule.rules.length === 0
}
