/** How deep rules must stand in rules until a text can end. */
import type { Rule } from '../grammar/grammar.ts'

/** For each rule, the least depth of the stack that any text of it takes; Infinity where no text fits. */
export function heightsOf(rules: ReadonlyMap<string, Rule>): ReadonlyMap<string, number> {
  const heights = new Map<string, number>()
  const users = usersOf(rules)
  const waiting = new Set(rules.keys())
  for (const name of waiting) {
    waiting.delete(name)
    const height = heightOf(rules.get(name)!, heights)
    if (height >= (heights.get(name) ?? Infinity)) continue
    heights.set(name, height)
    for (const user of users.get(name) ?? []) waiting.add(user)
  }
  return heights
}

function heightOf(rule: Rule, heights: ReadonlyMap<string, number>): number {
  switch (rule.kind) {
    case 'sequence':
      return rule.rules.reduce((most, part) => Math.max(most, heightOf(part, heights)), 0)
    case 'choice':
      return rule.rules.reduce((least, part) => Math.min(least, heightOf(part, heights)), Infinity)
    case 'repeat':
      return rule.least === 0 ? 0 : heightOf(rule.rule, heights) + 1
    case 'reference':
      return (heights.get(rule.name) ?? Infinity) + 1
    case 'characters':
      return rule.ranges.length === 0 ? Infinity : 0
    case 'literal':
    case 'until':
    case 'token':
      return 0
    default:
      return rule satisfies never
  }
}

function usersOf(rules: ReadonlyMap<string, Rule>): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, Set<string>>()
  for (const [name, rule] of rules) {
    const stack: Rule[] = [rule]
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      if (part.kind === 'sequence' || part.kind === 'choice') stack.push(...part.rules)
      else if (part.kind === 'repeat') stack.push(part.rule)
      else if (part.kind === 'reference') {
        const known = users.get(part.name)
        if (known === undefined) users.set(part.name, new Set([name]))
        else known.add(name)
      }
    }
  }
  return users
}
