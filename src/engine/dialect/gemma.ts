/**
 * FunctionGemma and Gemma 4: `call:weather{city:<escape>Rome<escape>,days:3}` between marks, with bare keys and a mark
 * around every text. Read here into JSON. (Gemma 3 has no form of its own: for it tools are described.)
 * https://ai.google.dev/gemma/docs/functiongemma/formatting-and-best-practices
 * https://ai.google.dev/gemma/docs/core/prompt-formatting-gemma4
 */
import { choice, literal, sequence } from '../grammar/rules.ts'
import { calls, type CallForm } from './dialect.ts'
import { parsed } from './json-span.ts'
import { readName } from './named-calls.ts'
import type { Reading, Scanner } from './scanner.ts'

interface Marks {
  readonly open: string
  readonly close: string
  /** Around texts, at either end. */
  readonly quote: string
}

const deepest = 64

/** Reads one value; its JSON, or null when it is none. */
function* readGemmaValue(scanner: Scanner, quote: string, depth: number): Reading<string | null> {
  if (depth > deepest) return null
  yield* scanner.space()
  if (yield* scanner.takes(quote)) return JSON.stringify(yield* swallow(scanner, [quote]))
  const first = yield* scanner.peek()
  if (first === '{') return yield* readMembers(scanner, quote, depth)
  if (first === '[') return yield* readItems(scanner, quote, depth)
  const text = (yield* swallow(scanner, [',', '}', ']'], false)).trim()
  return typeof parsed(text) === 'object' || parsed(text) === undefined ? JSON.stringify(text) : text
}

function* readMembers(scanner: Scanner, quote: string, depth: number): Reading<string | null> {
  const members: string[] = []
  yield* scanner.takes('{')
  for (;;) {
    yield* scanner.space()
    if (yield* scanner.takes('}')) return `{${members.join(',')}}`
    const quoted = yield* scanner.takes(quote)
    const key = quoted
      ? yield* swallow(scanner, [quote])
      : (yield* swallow(scanner, [':', '}', ','], false)).trim()
    if (!(yield* scanner.takes(':'))) return null
    const value = yield* readGemmaValue(scanner, quote, depth + 1)
    if (value === null) return null
    members.push(`${JSON.stringify(key)}:${value}`)
    yield* scanner.space()
    if (!(yield* scanner.takes(',')) && (yield* scanner.peek()) !== '}') return null
  }
}

function* readItems(scanner: Scanner, quote: string, depth: number): Reading<string | null> {
  const items: string[] = []
  yield* scanner.takes('[')
  for (;;) {
    yield* scanner.space()
    if (yield* scanner.takes(']')) return `[${items.join(',')}]`
    const item = yield* readGemmaValue(scanner, quote, depth + 1)
    if (item === null) return null
    items.push(item)
    yield* scanner.space()
    if (!(yield* scanner.takes(',')) && (yield* scanner.peek()) !== ']') return null
  }
}

/** The text up to one of `marks`, which is taken as well when it is one that ends a text. */
function* swallow(scanner: Scanner, marks: readonly string[], takesMark = true): Reading<string> {
  let text = ''
  const mark = yield* scanner.until(
    marks,
    (more) => {
      text += more
      return null
    },
    false,
  )
  if (takesMark && mark !== null) scanner.take(mark.length)
  return text
}

function gemmaCalls({ open, close, quote }: Marks): CallForm {
  return {
    starts: [open],
    marks: [close, quote],
    bare: null,
    *read(scanner, toolNamed) {
      yield* scanner.takes(open)
      if (!(yield* scanner.takes('call:'))) return false
      const name = yield* readName(scanner)
      if (toolNamed(name) === undefined || (yield* scanner.peek()) !== '{') return false
      const value = yield* readMembers(scanner, quote, 0)
      if (value === null) return false
      scanner.commit()
      yield { type: 'call', name }
      yield { type: 'arguments', text: value }
      yield* scanner.takes(close)
      return true
    },
    // Its texts are not JSON, so a schema cannot hold them: the grammar sees to a tool that there is.
    rule: ({ tools, parallel, mark }) => {
      const names = choice(...tools.map(({ tool }) => literal(`call:${tool.name}{`)))
      return calls(sequence(mark(open), names, { kind: 'until', texts: [close] }, mark(close)), parallel)
    },
  }
}

export const functionGemmaCalls = gemmaCalls({
  open: '<start_function_call>',
  close: '<end_function_call>',
  quote: '<escape>',
})
export const gemma4Calls = gemmaCalls({ open: '<|tool_call>', close: '<tool_call|>', quote: '<|"|>' })
