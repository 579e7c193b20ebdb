/** Calls that are JSON objects: `{"name": "weather", "arguments": {"city": "Rome"}}`. */
import { choice, literal, sequence } from '../grammar/rules.ts'
import type { ToolNamed, ToolRule } from './dialect.ts'
import { parsed, readArguments, readString, wholeValue } from './json-span.ts'
import type { Reading, Scanner } from './scanner.ts'
import type { Rule } from '../grammar/grammar.ts'

const argumentKeys: ReadonlySet<string> = new Set(['arguments', 'parameters'])
/** What models write beside name and arguments; it says nothing. */
const otherKeys: ReadonlySet<string> = new Set(['id', 'type'])

/** From `{` on. False when it is no call of a tool that there is: then nothing was handed on. */
export function* readObjectCall(scanner: Scanner, toolNamed: ToolNamed): Reading<boolean> {
  if (!(yield* scanner.takes('{'))) return false
  let called = false
  /** Arguments that came before the name. */
  let early: string | null = null
  let given = false
  do {
    yield* scanner.space()
    const key = yield* readString(scanner)
    yield* scanner.space()
    if (key === null || !(yield* scanner.takes(':'))) return called
    yield* scanner.space()
    if (key === 'name' && !called) {
      const name = yield* readString(scanner)
      if (name === null || toolNamed(name) === undefined) return false
      called = true
      scanner.commit()
      yield { type: 'call', name }
      if (early !== null) yield { type: 'arguments', text: early }
    } else if (argumentKeys.has(key) && called && !given) {
      given = true
      yield* readArguments(scanner)
    } else if (called || argumentKeys.has(key) || otherKeys.has(key)) {
      const value = yield* wholeValue(scanner)
      if (value === null) return called
      if (argumentKeys.has(key) && !given) {
        given = true
        const inner = parsed(value)
        early = typeof inner === 'string' ? inner : value
      }
    } else {
      return false
    }
    yield* scanner.space()
  } while (yield* scanner.takes(','))
  const whole = yield* scanner.takes('}')
  if (called && whole && !given) yield { type: 'arguments', text: '{}' }
  return called
}

/** One such object, for each of the tools. */
export function objectCallRule(tools: readonly ToolRule[], argumentsKey: 'arguments' | 'parameters'): Rule {
  return choice(
    ...tools.map(({ tool, arguments: rule }) =>
      sequence(literal(`{"name": ${JSON.stringify(tool.name)}, "${argumentsKey}": `), rule, literal('}')),
    ),
  )
}
