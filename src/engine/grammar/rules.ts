/** Makes rules, small where a small one says the same. */
import type { Rule } from './grammar.ts'

export type Ranges = readonly (readonly [number, number])[]

export const nothing: Rule = { kind: 'sequence', rules: [] }
/** Fits no text at all. */
export const never: Rule = { kind: 'choice', rules: [] }

export function literal(text: string): Rule {
  return { kind: 'literal', text }
}

export function characters(ranges: Ranges): Rule {
  return ranges.length === 0 ? never : { kind: 'characters', ranges }
}

export function sequence(...rules: readonly Rule[]): Rule {
  return rules.length === 1 ? rules[0]! : { kind: 'sequence', rules }
}

export function choice(...rules: readonly Rule[]): Rule {
  return rules.length === 1 ? rules[0]! : { kind: 'choice', rules }
}

export function repeat(rule: Rule, least: number, most: number | null): Rule {
  if (most === 0) return nothing
  return least === 1 && most === 1 ? rule : { kind: 'repeat', rule, least, most }
}

export function optional(rule: Rule): Rule {
  return repeat(rule, 0, 1)
}

export function reference(name: string): Rule {
  return { kind: 'reference', name }
}

export function isNever(rule: Rule): boolean {
  return rule.kind === 'choice' && rule.rules.length === 0
}
