/**
 * DeepSeek V3 and R1: calls between marks of their own, arguments in a code block; since V3.1 without one.
 * https://huggingface.co/deepseek-ai/DeepSeek-V3.1 (its chat template and model card)
 */
import { literal, sequence } from '../grammar/rules.ts'
import { calls, type CallForm } from './dialect.ts'
import { namedCallRule, readNamedCall } from './named-calls.ts'

const [all, allEnd] = ['<｜tool▁calls▁begin｜>', '<｜tool▁calls▁end｜>']
const [one, oneEnd] = ['<｜tool▁call▁begin｜>', '<｜tool▁call▁end｜>']
const separator = '<｜tool▁sep｜>'
const [fence, fenceEnd] = ['\n```json\n', '\n```']

function deepseekCalls(fenced: boolean): CallForm {
  return {
    starts: [all],
    marks: [allEnd, one, oneEnd, separator],
    bare: null,
    *read(scanner, toolNamed) {
      let called = false
      yield* scanner.takes(all)
      for (;;) {
        yield* scanner.space()
        if (!(yield* scanner.takes(one))) break
        if (fenced) yield* scanner.takes(`function${separator}`)
        if (!(yield* readNamedCall(scanner, toolNamed, fenced ? [fence] : [separator]))) return called
        called = true
        yield* scanner.space()
        yield* scanner.takes(fenceEnd.trim())
        yield* scanner.takes(oneEnd)
      }
      yield* scanner.takes(allEnd)
      return called
    },
    rule: ({ tools, parallel, mark }) => {
      const fencedCall = [
        mark(one),
        literal('function'),
        mark(separator),
        namedCallRule(tools, literal(fence)),
        literal(fenceEnd),
        mark(oneEnd),
      ]
      const plainCall = [mark(one), namedCallRule(tools, mark(separator)), mark(oneEnd)]
      const call = sequence(...(fenced ? fencedCall : plainCall))
      return sequence(mark(all), calls(call, parallel, fenced ? literal('\n') : null), mark(allEnd))
    },
  }
}

export const deepseekFencedCalls = deepseekCalls(true)
export const deepseekPlainCalls = deepseekCalls(false)
