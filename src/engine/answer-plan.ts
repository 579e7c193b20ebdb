/** How the answers to one request are to be made and read: what its tools, thoughts and form mean for this model. */
import { randomBytes } from 'node:crypto'
import type { EngineRequest } from '../core/request.ts'
import { elpisError } from '../errors.ts'
import type { ChatPrompts, Prompt } from './chat-prompt.ts'
import { answerGrammar } from './dialect/answer-grammar.ts'
import { AnswerReader } from './dialect/answer-reader.ts'
import type { Dialect, ToolNamed } from './dialect/dialect.ts'
import { readAnswer } from './dialect/read-answer.ts'
import { Scanner } from './dialect/scanner.ts'
import { UnsupportedTool } from './dialect/tool-rules.ts'
import type { Grammar } from './grammar/grammar.ts'
import type { AnswerMarks } from './protocol.ts'

export interface AnswerPlan {
  /** Null when nothing holds the answer. */
  readonly grammar: Grammar | null
  readonly marks: AnswerMarks
  /** One for each choice; null when an answer is nothing but text. */
  readonly readers: readonly AnswerReader[] | null
}

type Planned = Pick<EngineRequest, 'input' | 'choices' | 'toolUse' | 'reasoning'>

/**
 * @param format what the text must be; null when anything goes.
 * @throws `unsupported_schema` when a strict tool has a schema that cannot be held to.
 */
export function answerPlan(
  request: Planned,
  { dialect, controlTokens }: Pick<ChatPrompts, 'dialect' | 'controlTokens'>,
  { begunThinking }: Pick<Prompt, 'begunThinking'>,
  format: Grammar | null,
): AnswerPlan {
  const { input, choices, toolUse, reasoning } = request
  if (input.kind !== 'chat') return { grammar: format, marks: { spelled: [], thought: null }, readers: null }
  const toolNamed = callable(request)
  const { thought, calls, read } = dialect
  const spelled = controlTokens.filter((token) => isMark(token, dialect, toolNamed !== null))
  const newReader = (choice: number): AnswerReader => {
    const scanner = new Scanner(spelled)
    const shape = { thought, begunThinking, calls, toolNamed }
    const reading = read === null ? readAnswer(scanner, shape) : read(scanner, toolNamed)
    return new AnswerReader({ choice, scanner, reading, newCallId })
  }
  const isPlain = thought === null && toolNamed === null && read === null
  const budget = reasoning.mode === 'off' ? 0 : reasoning.budget
  return {
    grammar: held(() =>
      answerGrammar({
        format,
        toolUse,
        dialect,
        controlTokens,
        begunThinking,
        thoughtless: reasoning.mode === 'off',
      }),
    ),
    marks: {
      spelled,
      thought: thought === null || budget === null ? null : { ...thought, begun: begunThinking, budget },
    },
    readers: isPlain ? null : Array.from({ length: choices }, (_, choice) => newReader(choice)),
  }
}

function callable({ toolUse }: Planned): ToolNamed | null {
  if (toolUse === null || toolUse.choice === 'none' || toolUse.tools.length === 0) return null
  const tools = new Map(toolUse.tools.map((tool) => [tool.name, tool]))
  return (name) => tools.get(name)
}

/** Whether a control token is a mark, or part of one, that the reader looks for. */
function isMark(token: string, { thought, calls, read }: Dialect, withCalls: boolean): boolean {
  const ofCalls = withCalls || read !== null ? [...calls.starts, ...calls.marks] : []
  const ofThoughts = thought === null ? [] : [thought.open, thought.close]
  return token !== '' && [...ofCalls, ...ofThoughts].some((mark) => mark.includes(token))
}

function newCallId(): string {
  return `call_${randomBytes(12).toString('hex')}`
}

function held(make: () => Grammar | null): Grammar | null {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof UnsupportedTool)) throw error
    const refusal = elpisError('unsupported_schema', { problem: error.message })
    refusal.param = 'tools'
    throw refusal
  }
}
