/** How one family of chat templates writes thoughts and tool calls: what the reader and the grammar of answers need. */
import type { Tool } from '../../core/request.ts'
import type { Rule } from '../grammar/grammar.ts'
import { repeat, sequence } from '../grammar/rules.ts'
import type { Reading, Scanner } from './scanner.ts'

/** Marks around a thought, which stands at the beginning of an answer. */
export interface ThoughtMarks {
  readonly open: string
  readonly close: string
}

/** Finds a tool by its name. */
export type ToolNamed = (name: string) => Tool | undefined

/** One tool and what its arguments may be. */
export interface ToolRule {
  readonly tool: Tool
  readonly arguments: Rule
}

/** What a rule for calls is made of. */
export interface CallRuleParts {
  readonly tools: readonly ToolRule[]
  /** Several calls in one answer. */
  readonly parallel: boolean
  /** The rule for a mark: a control token where the vocabulary has one of that spelling, else its text. */
  readonly mark: (text: string) => Rule
}

export interface CallForm {
  /** Texts that begin calls in the middle of an answer. */
  readonly starts: readonly string[]
  /** All other marks in it. */
  readonly marks: readonly string[]
  /** An answer that begins with this may be a call without any mark; null when there is no such thing. */
  readonly bare: '{' | null
  /**
   * Reads one call, or several that stand together, from a start mark (or from where a bare one begins). False when it
   * is none after all: then nothing was handed on.
   */
  read(scanner: Scanner, toolNamed: ToolNamed): Reading<boolean>
  /** The rule for calls with their marks. Null when no grammar can hold them. */
  rule(parts: CallRuleParts): Rule | null
}

/** What is done to a conversation before the template has it. */
export interface Rendering {
  /**
   * The template is given the tools; else they are described in the system's turn, and calls and their results are
   * written as text.
   */
  readonly tools: 'template' | 'described'
  /** Templates write arguments down as they are (`text`) or as JSON themselves (`object`). */
  readonly arguments: 'object' | 'text'
  /** Templates that accept ids of one shape only get such ones. */
  readonly callIds: 'own' | 'nine-letters'
  /** At most one call in a turn: others get turns of their own. */
  readonly oneCall: boolean
  /** The template takes a system's turn. */
  readonly systemTurn: boolean
}

export interface Dialect {
  readonly name: string
  readonly thought: ThoughtMarks | null
  readonly calls: CallForm
  readonly rendering: Rendering
  /** Where an answer is made of messages, what is written between them; null where it is not. */
  readonly messages: {
    /** Behind a thought. */
    readonly thoughtEnd: string
    /** Before the text of the answer. */
    readonly answer: string
  } | null
  /** Where an answer is not text with a thought before it and calls behind it, reads all of it. */
  readonly read: ((scanner: Scanner, toolNamed: ToolNamed | null) => Reading) | null
}

/** What most templates want. */
export const usualRendering: Rendering = {
  tools: 'template',
  arguments: 'object',
  callIds: 'own',
  oneCall: false,
  systemTurn: true,
}

/** Once, or as often as the model likes. */
export function calls(rule: Rule, parallel: boolean, between: Rule | null = null): Rule {
  if (!parallel) return rule
  const more = between === null ? rule : sequence(between, rule)
  return sequence(rule, repeat(more, 0, null))
}
