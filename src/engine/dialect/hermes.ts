/**
 * Hermes 2 Pro and what took its form over (Qwen 2.5 and 3, SmolLM3, many others): JSON objects between tags.
 * https://github.com/NousResearch/Hermes-Function-Calling
 */
import { literal, sequence } from '../grammar/rules.ts'
import { calls, type CallForm } from './dialect.ts'
import { objectCallRule, readObjectCall } from './object-calls.ts'

const [open, close] = ['<tool_call>', '</tool_call>']

export const hermesCalls: CallForm = {
  starts: [open],
  marks: [close],
  bare: null,
  *read(scanner, toolNamed) {
    yield* scanner.takes(open)
    yield* scanner.space()
    if (!(yield* readObjectCall(scanner, toolNamed))) return false
    yield* scanner.space()
    yield* scanner.takes(close)
    return true
  },
  rule: ({ tools, parallel, mark }) =>
    calls(
      sequence(mark(open), literal('\n'), objectCallRule(tools, 'arguments'), literal('\n'), mark(close)),
      parallel,
      literal('\n'),
    ),
}

/**
 * For templates that know nothing of tools: the same form, for it is the one that most models have seen, and as small
 * models forget the tags, a bare object at the beginning of an answer counts as well.
 */
export const describedCalls: CallForm = {
  ...hermesCalls,
  bare: '{',
}
