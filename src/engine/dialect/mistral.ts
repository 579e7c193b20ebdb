/**
 * Mistral. Up to its third tokenizer a list of objects, `[TOOL_CALLS][{"name": …, "arguments": …}]`; since then
 * `[TOOL_CALLS]name[ARGS]{…}`, once for each call, for a while with `[CALL_ID]` before the arguments.
 * https://github.com/mistralai/mistral-common
 */
import { literal, sequence } from '../grammar/rules.ts'
import { calls, type CallForm, type ToolNamed } from './dialect.ts'
import { readArguments } from './json-span.ts'
import { namedCallRule, readName } from './named-calls.ts'
import { objectCallRule, readObjectCall } from './object-calls.ts'
import type { Reading, Scanner } from './scanner.ts'

const [start, args, callId] = ['[TOOL_CALLS]', '[ARGS]', '[CALL_ID]']

/** Models of either kind have been seen to write the other form. */
function* read(scanner: Scanner, toolNamed: ToolNamed): Reading<boolean> {
  yield* scanner.takes(start)
  yield* scanner.space()
  const named = (yield* scanner.peek()) !== '['
  return named ? yield* readNamed(scanner, toolNamed) : yield* readList(scanner, toolNamed)
}

function* readList(scanner: Scanner, toolNamed: ToolNamed): Reading<boolean> {
  let called = false
  yield* scanner.takes('[')
  do {
    yield* scanner.space()
    if (!(yield* readObjectCall(scanner, toolNamed))) return called
    called = true
    yield* scanner.space()
  } while (yield* scanner.takes(','))
  yield* scanner.takes(']')
  return called
}

function* readNamed(scanner: Scanner, toolNamed: ToolNamed): Reading<boolean> {
  const name = yield* readName(scanner)
  if (toolNamed(name) === undefined) return false
  if (yield* scanner.takes(callId)) yield* readName(scanner)
  if (!(yield* scanner.takes(args)) && (yield* scanner.peek()) !== '{') return false
  yield* scanner.space()
  scanner.commit()
  yield { type: 'call', name }
  yield* readArguments(scanner)
  return true
}

export const mistralListCalls: CallForm = {
  starts: [start],
  marks: [args, callId],
  bare: null,
  read,
  rule: ({ tools, parallel, mark }) => {
    const object = objectCallRule(tools, 'arguments')
    return sequence(mark(start), literal('['), calls(object, parallel, literal(', ')), literal(']'))
  },
}

export const mistralNamedCalls: CallForm = {
  ...mistralListCalls,
  rule: ({ tools, parallel, mark }) =>
    calls(sequence(mark(start), namedCallRule(tools, mark(args))), parallel),
}
