/** Calls that are a name and then their arguments as JSON, with marks around both. */
import type { Rule } from '../grammar/grammar.ts'
import { choice, literal, sequence } from '../grammar/rules.ts'
import type { ToolNamed, ToolRule } from './dialect.ts'
import { readArguments } from './json-span.ts'
import type { Reading, Scanner } from './scanner.ts'

const nameLetter = /[\w.-]/u
const longestName = 256

/** The name that comes next; empty when none does. */
export function* readName(scanner: Scanner): Reading<string> {
  let name = ''
  while (name.length < longestName) {
    const letter = yield* scanner.peek()
    if (letter === '' || !nameLetter.test(letter)) break
    name += scanner.take(1)
  }
  return name
}

/** From the name to the end of the arguments. False when it is no call: then nothing was handed on. */
export function* readNamedCall(
  scanner: Scanner,
  toolNamed: ToolNamed,
  separators: readonly string[],
): Reading<boolean> {
  const name = yield* readName(scanner)
  if (toolNamed(name) === undefined) return false
  for (const separator of separators) {
    if (!(yield* scanner.takes(separator))) continue
    yield* scanner.space()
    scanner.commit()
    yield { type: 'call', name }
    yield* readArguments(scanner)
    return true
  }
  return false
}

/** Name, `between` and arguments, for each of the tools. */
export function namedCallRule(tools: readonly ToolRule[], ...between: readonly Rule[]): Rule {
  return choice(...tools.map(({ tool, arguments: rule }) => sequence(literal(tool.name), ...between, rule)))
}
