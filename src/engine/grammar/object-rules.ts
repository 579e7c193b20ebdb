/** JSON objects: declared properties in their order, then others. */
import type { Rule } from './grammar.ts'
import { braces, characterOf, colon, comma, everyCharacter, stringOf, without } from './json-text.ts'
import { choice, isNever, literal, never, nothing, optional, repeat, sequence } from './rules.ts'

export interface Property {
  readonly name: string
  readonly value: Rule
  readonly required: boolean
}

export interface ObjectShape {
  readonly properties: readonly Property[]
  /** Values under any other name; null when there may be none. */
  readonly others: Rule | null
  readonly mayBeEmpty: boolean
}

/** @param keep gives a rule a name of its own. */
export function objectRule(
  { properties, others, mayBeEmpty }: ObjectShape,
  keep: (rule: Rule) => Rule,
): Rule {
  if (properties.some(({ required, value }) => required && isNever(value))) return never
  const possible = properties.filter(({ value }) => !isNever(value))
  const other =
    others === null || isNever(others)
      ? null
      : sequence(keyOtherThan(properties.map(({ name }) => name)), colon, others)
  const firstRequired = possible.findIndex(({ required }) => required)
  const leading = firstRequired === -1 ? possible.length : firstRequired
  // Each of the leading ones may come first or later, so they are kept under names.
  const entries = possible.map(({ name, value }, index) => {
    const entry = sequence(literal(JSON.stringify(name)), colon, value)
    return index < leading ? keep(entry) : entry
  })
  const following = other === null ? nothing : repeat(sequence(comma, other), 0, null)
  const more = (index: number) => {
    const entry = sequence(comma, entries[index]!)
    return possible[index]!.required ? entry : optional(entry)
  }
  let rest = sequence(...entries.slice(leading + 1).map((_, index) => more(leading + 1 + index)), following)
  const firsts: Rule[] = []
  if (firstRequired === -1) {
    rest = following
    if (other !== null) firsts.push(sequence(other, following))
  } else {
    firsts.push(sequence(entries[leading]!, rest))
    if (leading > 0) rest = keep(sequence(more(leading), rest))
  }
  for (let index = leading - 1; index >= 0; index--) {
    firsts.push(sequence(entries[index]!, rest))
    if (index > 0) rest = keep(sequence(more(index), rest))
  }
  const full = firsts.length === 0 ? never : braces(choice(...firsts))
  const empty = firstRequired === -1 && mayBeEmpty ? literal('{}') : never
  return choice(...[full, empty].filter((rule) => !isNever(rule)))
}

interface Branch {
  readonly next: Map<number, Branch>
  ends: boolean
}

/** Any property's name but these, written in one way only: an escaped letter would be the same name once more. */
function keyOtherThan(names: readonly string[]): Rule {
  const root: Branch = { next: new Map(), ends: false }
  for (const name of names) {
    let branch = root
    for (const letter of name) {
      const code = letter.codePointAt(0)!
      let next = branch.next.get(code)
      if (next === undefined) branch.next.set(code, (next = { next: new Map(), ends: false }))
      branch = next
    }
    branch.ends = true
  }
  return stringOf(otherThan(root))
}

const anything = repeat(characterOf(everyCharacter), 0, null)

function otherThan({ next, ends }: Branch): Rule {
  const known = [...next.keys()].map((code) => [code, code] as const)
  const rules = [...next].map(([code, branch]) => sequence(characterOf([[code, code]]), otherThan(branch)))
  rules.push(sequence(characterOf(without(everyCharacter, known)), anything))
  if (!ends) rules.push(nothing)
  return choice(...rules)
}
