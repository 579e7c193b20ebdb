/** Reads an answer that is text, with a thought before it and tool calls in it or behind it. */
import type { CallForm, ThoughtMarks, ToolNamed } from './dialect.ts'
import type { Found, Reading, Scanner } from './scanner.ts'

export interface AnswerShape {
  readonly thought: ThoughtMarks | null
  /** The prompt ends with the mark that opens the thought. */
  readonly begunThinking: boolean
  readonly calls: CallForm
  /** Null when nothing may be called: what looks like a call is text. */
  readonly toolNamed: ToolNamed | null
}

/** Longest beginning of a call that is waited for; what is longer is text. */
const longestHead = 65_536

/**
 * Reads text in the shape of a dialect and yields what it finds; null when more text is needed. A mark that does not
 * come makes no error: its text is part of the answer.
 */
export function* readAnswer(scanner: Scanner, shape: AnswerShape): Reading {
  const { thought, begunThinking, calls, toolNamed } = shape
  if (thought !== null) {
    scanner.keep()
    yield* scanner.space()
    const opens = yield* scanner.takes(thought.open)
    if (opens || begunThinking) {
      scanner.commit()
      yield* readThought(scanner, thought)
    } else {
      yield* giveBack(scanner)
    }
  }
  if (toolNamed === null) yield* readText(scanner, [])
  else yield* readTextAndCalls(scanner, calls, toolNamed)
}

function* readThought(scanner: Scanner, { close }: ThoughtMarks): Reading {
  const asThought = (text: string): Found => ({ type: 'thought', text })
  yield* scanner.space()
  while (true) {
    const mark = yield* scanner.until([close, ...scanner.controls], asThought, true)
    scanner.keep()
    yield* scanner.space()
    if (mark === close) break
    scanner.commit()
    // Another control token has no business here.
    if (mark === null || !(yield* scanner.takes(mark))) return
  }
  yield* scanner.takes(close)
  scanner.commit()
  // What stands between a thought and the answer is of neither, but its tokens count as thought.
  yield* scanner.space()
  yield asThought('')
}

function* readTextAndCalls(scanner: Scanner, calls: CallForm, toolNamed: ToolNamed): Reading {
  scanner.keep()
  yield* scanner.space()
  if (calls.bare !== null && (yield* scanner.peek()) === calls.bare)
    yield* readCall(scanner, calls, toolNamed)
  else yield* giveBack(scanner)
  for (;;) {
    const mark = yield* readText(scanner, calls.starts)
    if (mark === null) return
    scanner.keep()
    yield* scanner.space()
    yield* readCall(scanner, calls, toolNamed)
  }
}

/** What was no call is given back as text, but for the mark where that is a control token. */
function* readCall(scanner: Scanner, calls: CallForm, toolNamed: ToolNamed): Reading {
  const before = scanner.position
  const reading = calls.read(scanner, toolNamed)
  let called = false
  for (;;) {
    const step = reading.next()
    if (step.done === true) {
      if (!step.value) yield* giveBack(scanner)
      break
    }
    if (step.value !== null) called = true
    else if (!called && scanner.position - before > longestHead) {
      yield* giveBack(scanner)
      return
    }
    yield step.value
  }
  scanner.commit()
}

/** Hands on as text what was taken since `keep`. */
function* giveBack(scanner: Scanner): Reading {
  let text = scanner.undone()
  for (const control of scanner.controls) text = text.replaceAll(control, '')
  if (text !== '') yield { type: 'text', text }
}

/** Text up to one of `starts`, which is left; null at the end. Other control tokens vanish, as they do elsewhere. */
function* readText(scanner: Scanner, starts: readonly string[]): Reading<string | null> {
  const asText = (text: string): Found => ({ type: 'text', text })
  const strays = scanner.controls.filter((control) => !starts.includes(control))
  for (;;) {
    const mark = yield* scanner.until([...starts, ...strays], asText, starts.length > 0)
    if (mark === null || starts.includes(mark)) return mark
    scanner.keep()
    yield* scanner.space()
    yield* scanner.takes(mark)
    yield* giveBack(scanner)
  }
}
