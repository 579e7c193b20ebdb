/** Two things that no automaton can do with a grammar, found before one tries. */
import type { Grammar, Rule } from './grammar.ts'

const mostParts = 400_000

/** What is wrong with a grammar, in words that follow its name; null when nothing is. */
export function checkGrammar(grammar: Grammar): string | null {
  const rules = new Map(Object.entries(grammar.rules))
  const root = { kind: 'sequence', rules: [grammar.root] } as const
  rules.set('', root)
  const users = new Map<string, Set<string>>()
  let parts = 0
  for (const [name, rule] of rules) {
    for (const part of partsOf(rule)) {
      if (++parts > mostParts) return 'is too large'
      if (part.kind !== 'reference') continue
      if (!rules.has(part.name)) return `refers to the rule "${part.name}", which is not there`
      let known = users.get(part.name)
      if (known === undefined) users.set(part.name, (known = new Set()))
      known.add(name)
    }
  }
  const productive = grow(rules, users, isProductive)
  if (!productive.has('')) return 'fits nothing that ever ends: it always contains itself once more'
  const nullable = grow(rules, users, isNullable)
  return isLeftRecursive(rules, nullable) ? 'refers to itself without anything in between' : null
}

function* partsOf(rule: Rule): Generator<Rule> {
  const stack: Rule[] = [rule]
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    yield part
    if (part.kind === 'sequence' || part.kind === 'choice') stack.push(...part.rules)
    else if (part.kind === 'repeat') stack.push(part.rule)
  }
}

type Test = (rule: Rule, known: ReadonlySet<string>) => boolean

/** The names of all rules that pass, where whether one does may depend on others that do. */
function grow(
  rules: ReadonlyMap<string, Rule>,
  users: ReadonlyMap<string, ReadonlySet<string>>,
  test: Test,
): ReadonlySet<string> {
  const passed = new Set<string>()
  const waiting = new Set(rules.keys())
  for (const name of waiting) {
    waiting.delete(name)
    if (passed.has(name) || !test(rules.get(name)!, passed)) continue
    passed.add(name)
    for (const user of users.get(name) ?? []) waiting.add(user)
  }
  return passed
}

/** Some text fits. */
function isProductive(rule: Rule, known: ReadonlySet<string>): boolean {
  switch (rule.kind) {
    case 'sequence':
      return rule.rules.every((part) => isProductive(part, known))
    case 'choice':
      return rule.rules.some((part) => isProductive(part, known))
    case 'repeat':
      return rule.least === 0 || isProductive(rule.rule, known)
    case 'reference':
      return known.has(rule.name)
    case 'characters':
      return rule.ranges.length > 0
    case 'literal':
    case 'until':
    case 'token':
      return true
    default:
      return rule satisfies never
  }
}

/** The empty text fits. */
function isNullable(rule: Rule, known: ReadonlySet<string>): boolean {
  switch (rule.kind) {
    case 'sequence':
      return rule.rules.every((part) => isNullable(part, known))
    case 'choice':
      return rule.rules.some((part) => isNullable(part, known))
    case 'repeat':
      return rule.least === 0 || isNullable(rule.rule, known)
    case 'reference':
      return known.has(rule.name)
    case 'literal':
      return rule.text === ''
    case 'until':
      return true
    case 'characters':
    case 'token':
      return false
    default:
      return rule satisfies never
  }
}

/** Some rule can begin with itself. */
function isLeftRecursive(rules: ReadonlyMap<string, Rule>, nullable: ReadonlySet<string>): boolean {
  const firsts = new Map([...rules].map(([name, rule]) => [name, [...firstsOf(rule, nullable)]]))
  const state = new Map<string, 'open' | 'done'>()
  for (const begin of rules.keys()) {
    const path: { readonly name: string; next: number }[] = []
    const enter = (name: string) => {
      state.set(name, 'open')
      path.push({ name, next: 0 })
    }
    if (!state.has(begin)) enter(begin)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const first = firsts.get(top.name)?.[top.next++]
      if (first === undefined) {
        state.set(top.name, 'done')
        path.pop()
      } else if (state.get(first) === 'open') {
        return true
      } else if (!state.has(first)) {
        enter(first)
      }
    }
  }
  return false
}

/** Names of the rules that can stand at the very beginning of `rule`. */
function firstsOf(rule: Rule, nullable: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>()
  const stack: Rule[] = [rule]
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    if (part.kind === 'reference') found.add(part.name)
    else if (part.kind === 'choice') stack.push(...part.rules)
    else if (part.kind === 'repeat') stack.push(part.rule)
    else if (part.kind === 'sequence') {
      for (const inner of part.rules) {
        stack.push(inner)
        if (!isNullable(inner, nullable)) break
      }
    }
  }
  return found
}
