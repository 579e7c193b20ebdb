/** JSON arrays: items that are declared one by one, then others alike. */
import type { Rule } from './grammar.ts'
import { brackets, comma, listOf } from './json-text.ts'
import { choice, isNever, literal, never, nothing, optional, repeat, sequence } from './rules.ts'

/**
 * @param prefix the first items; a rule that fits nothing ends the array before it.
 * @param item all items after those.
 * @param count `least` items in all, and `most` after the prefix.
 */
export function arrayRule(
  prefix: readonly Rule[],
  item: Rule,
  { least, most }: { readonly least: number; readonly most: number | null },
): Rule {
  const possible = prefix.findIndex(isNever) === -1 ? prefix : prefix.slice(0, prefix.findIndex(isNever))
  const whole = possible.length === prefix.length
  const mayGoOn = whole && !isNever(item) && (most === null || most > 0)
  const left = Math.max(0, least - possible.length)
  if (left > 0 && !mayGoOn) return never
  let rest: Rule = mayGoOn ? repeat(sequence(comma, item), left, most) : nothing
  for (let index = possible.length - 1; index > 0; index--) {
    const on = sequence(comma, possible[index]!, rest)
    rest = index < least ? on : optional(on)
  }
  const empty = least === 0 ? [literal('[]')] : []
  if (possible.length > 0) return choice(...empty, brackets(sequence(possible[0]!, rest)))
  return mayGoOn ? choice(...empty, brackets(listOf(item, Math.max(1, least), most))) : choice(...empty)
}
