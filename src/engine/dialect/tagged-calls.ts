/**
 * Qwen3-Coder, Qwen 3.5, Nemotron 3 and others: every argument between tags of its own, as plain text, whose type the
 * schema tells. Read here into JSON. https://huggingface.co/Qwen/Qwen3-Coder-30B-A3B-Instruct (its chat template)
 */
import type { Json, JsonObject, Tool } from '../../core/request.ts'
import { choice, literal, sequence } from '../grammar/rules.ts'
import { calls, type CallForm } from './dialect.ts'
import { parsed } from './json-span.ts'
import type { Reading, Scanner } from './scanner.ts'

const [open, close] = ['<tool_call>', '</tool_call>']
const [functionOpen, functionClose] = ['<function=', '</function>']
const [parameterOpen, parameterClose] = ['<parameter=', '</parameter>']

export const taggedCalls: CallForm = {
  starts: [open],
  marks: [close],
  bare: null,
  *read(scanner, toolNamed) {
    yield* scanner.takes(open)
    yield* scanner.space()
    if (!(yield* scanner.takes(functionOpen))) return false
    const name = (yield* textBefore(scanner, ['>', '\n'])).trim()
    const tool = toolNamed(name)
    if (tool === undefined || !(yield* scanner.takes('>'))) return false
    scanner.commit()
    yield { type: 'call', name }
    let given = 0
    for (;;) {
      yield* scanner.space()
      if (!(yield* scanner.takes(parameterOpen))) break
      const key = (yield* textBefore(scanner, ['>', '\n'])).trim()
      yield* scanner.takes('>')
      const value = unpadded(yield* textBefore(scanner, [parameterClose, functionClose, close]))
      yield* scanner.takes(parameterClose)
      const separator = given++ === 0 ? '{' : ', '
      const text = `${separator}${JSON.stringify(key)}: ${asJson(value, typesOf(tool, key))}`
      yield { type: 'arguments', text }
    }
    yield { type: 'arguments', text: given === 0 ? '{}' : '}' }
    yield* scanner.takes(functionClose)
    yield* scanner.space()
    yield* scanner.takes(close)
    return true
  },
  // Plain text cannot be held to a schema: the grammar sees to a tool that there is.
  rule: ({ tools, parallel, mark }) => {
    const names = choice(...tools.map(({ tool }) => literal(`\n${functionOpen}${tool.name}>\n`)))
    const call = sequence(mark(open), names, { kind: 'until', texts: [close] }, mark(close))
    return calls(call, parallel, literal('\n'))
  },
}

function* textBefore(scanner: Scanner, marks: readonly string[]): Reading<string> {
  let text = ''
  yield* scanner.until(
    marks,
    (more) => {
      text += more
      return null
    },
    false,
  )
  return text
}

/** Without the line breaks that the tags come with. */
function unpadded(text: string): string {
  return text.replace(/^\n/u, '').replace(/\n$/u, '')
}

function asJson(value: string, types: readonly Json[]): string {
  const meant = parsed(value)
  const isText = types.includes('string') || (types.length === 0 && typeof meant !== 'object')
  return isText || meant === undefined ? JSON.stringify(value) : value
}

/** The types that the schema allows a parameter; empty when it does not say. */
function typesOf({ parameters }: Tool, key: string): readonly Json[] {
  const properties = parameters?.['properties']
  if (!isObject(properties) || !Object.hasOwn(properties, key)) return []
  const property = properties[key]
  const type = isObject(property) ? property['type'] : undefined
  return Array.isArray(type) ? (type as readonly Json[]) : type === undefined ? [] : [type]
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
