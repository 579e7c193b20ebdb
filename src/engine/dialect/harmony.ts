/**
 * gpt-oss: an answer is several messages, each with a channel: `analysis` is thought, `final` is the answer, and a message
 * to `functions.…` is a call. https://cookbook.openai.com/articles/openai-harmony
 */
import { choice, literal, sequence } from '../grammar/rules.ts'
import type { CallForm, ThoughtMarks, ToolNamed } from './dialect.ts'
import { readArguments } from './json-span.ts'
import type { Found, Reading, Scanner } from './scanner.ts'

const [start, channel, message, constrain] = ['<|start|>', '<|channel|>', '<|message|>', '<|constrain|>']
const [end, call, finished] = ['<|end|>', '<|call|>', '<|return|>']
const ends = [end, call, finished, start, channel]
const everyMark = [start, channel, message, constrain, end, call, finished]

export const harmonyThought: ThoughtMarks = {
  open: `${channel}analysis${message}`,
  // To break a thought off is to begin the answer.
  close: `${end}${start}assistant${channel}final${message}`,
}

export const harmonyMessages = {
  thoughtEnd: `${end}${start}assistant`,
  answer: `${channel}final${message}`,
}

export const harmonyCalls: CallForm = {
  starts: [],
  marks: everyMark,
  bare: null,
  // Messages are read as a whole (`readHarmony`).
  // oxlint-disable-next-line require-yield
  *read() {
    return false
  },
  rule: ({ tools, mark }) =>
    choice(
      ...tools.map(({ tool, arguments: rule }) =>
        sequence(
          mark(channel),
          literal(`commentary to=functions.${tool.name} `),
          mark(constrain),
          literal('json'),
          mark(message),
          rule,
        ),
      ),
    ),
}

/** Reads a whole answer. */
export function* readHarmony(scanner: Scanner, toolNamed: ToolNamed | null): Reading {
  for (;;) {
    // The prompt ends with `<|start|>assistant`, and so does whatever stands between two messages.
    const addressed = (yield* scanner.takes(start)) || (yield* scanner.sees(' to='))
    const address = addressed ? yield* readHeader(scanner) : ''
    if ((yield* scanner.peek()) === '') return
    if (yield* scanner.sees(channel)) {
      const header = yield* readHeader(scanner)
      yield* readBody(scanner, `${header} ${address}`, toolNamed)
    } else if ((yield* scanner.until(everyMark, asText, false)) === null) {
      return
    }
    for (const mark of [end, call, finished, message, constrain]) yield* scanner.takes(mark)
  }
}

/** Everything up to the message itself, or to the channel that comes before it. */
function* readHeader(scanner: Scanner): Reading<string> {
  let header = ''
  const add = (text: string) => {
    header += text
    return null
  }
  if (yield* scanner.takes(channel)) {
    do yield* scanner.until([message, constrain, end, call, finished, start], add, false)
    while (yield* scanner.takes(constrain))
    yield* scanner.takes(message)
  } else {
    yield* scanner.until([channel, message], add, false)
    yield* scanner.takes(message)
  }
  return header
}

function* readBody(scanner: Scanner, header: string, toolNamed: ToolNamed | null): Reading {
  const name = /\bto=functions\.([\w.-]+)/u.exec(header)?.[1]
  if (name !== undefined && toolNamed?.(name) !== undefined) {
    yield { type: 'call', name }
    yield* readArguments(scanner)
    return
  }
  const isThought = header.startsWith('analysis')
  yield* scanner.until(ends, isThought ? asThought : asText, false)
}

const asText = (text: string): Found => ({ type: 'text', text })
const asThought = (text: string): Found => ({ type: 'thought', text })
