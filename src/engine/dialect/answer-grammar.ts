/** What an answer may look like that has calls in it, or a form, or both; with a thought before it where there is one. */
import type { ToolUse } from '../../core/request.ts'
import type { Grammar, Rule } from '../grammar/grammar.ts'
import { characters, choice, literal, nothing, optional, repeat, sequence } from '../grammar/rules.ts'
import type { Dialect } from './dialect.ts'
import { toolRules } from './tool-rules.ts'

export interface AnswerGrammarParts {
  /** What the text of the answer must be; null when anything goes. */
  readonly format: Grammar | null
  /** Null when nothing may be called. */
  readonly toolUse: ToolUse | null
  readonly dialect: Pick<Dialect, 'thought' | 'calls' | 'messages'>
  /** Texts of the vocabulary's control tokens. */
  readonly controlTokens: readonly string[]
  /** The prompt ends with the mark that opens a thought. */
  readonly begunThinking: boolean
  /** The model was told not to think. */
  readonly thoughtless: boolean
}

/**
 * Null when nothing holds the answer.
 *
 * @throws {UnsupportedTool} for tools that ask to be strict.
 */
export function answerGrammar(parts: AnswerGrammarParts): Grammar | null {
  const { format, toolUse, dialect } = parts
  const mark = markRule(parts.controlTokens)
  if (toolUse === null || toolUse.choice === 'none' || toolUse.tools.length === 0) {
    if (format === null) return null
    return { root: sequence(thoughtRule(parts, mark), textRule(format, parts, mark)), rules: format.rules }
  }
  const { choice: chosen } = toolUse
  const mustCall = chosen !== 'auto'
  const callable =
    typeof chosen === 'object' ? toolUse.tools.filter(({ name }) => name === chosen.name) : toolUse.tools
  const { tools, rules } = toolRules(callable, mustCall)
  const calls = dialect.calls.rule({ tools, parallel: toolUse.parallel, mark })
  if (calls === null) return null
  const all = { ...format?.rules, ...rules }
  if (mustCall) return { root: sequence(thoughtRule(parts, mark), calls), rules: all }
  if (format !== null) {
    const either = choice(textRule(format, parts, mark), calls)
    return { root: sequence(thoughtRule(parts, mark), either), rules: all }
  }
  const { starts } = dialect.calls
  if (starts.length === 0) return null
  return { root: sequence({ kind: 'until', texts: starts }, optional(calls)), rules: all }
}

/** A control token is one token and has no other spelling; any other mark is text. */
function markRule(controlTokens: readonly string[]): Mark {
  const controls = new Set(controlTokens)
  const pieces = [...controls].toSorted((one, other) => other.length - one.length)
  return (text) => {
    if (controls.has(text)) return { kind: 'token', text }
    // A mark may be several tokens with text between them.
    const at = pieces.find((piece) => piece !== '' && text.includes(piece))
    if (at === undefined) return literal(text)
    const place = text.indexOf(at)
    const around = [text.slice(0, place), text.slice(place + at.length)].map((rest) =>
      rest === '' ? nothing : markRule(controlTokens)(rest),
    )
    return sequence(around[0]!, { kind: 'token', text: at }, around[1]!)
  }
}

const space = repeat(
  characters([
    [0x0a, 0x0a],
    [0x20, 0x20],
  ]),
  0,
  4,
)

type Mark = (text: string) => Rule

function textRule({ root }: Grammar, { dialect: { messages } }: AnswerGrammarParts, mark: Mark): Rule {
  return messages === null ? root : sequence(mark(messages.answer), root)
}

function thoughtRule(parts: AnswerGrammarParts, mark: Mark): Rule {
  const { dialect, begunThinking, thoughtless, controlTokens } = parts
  const { thought, messages } = dialect
  if (thought === null) return nothing
  const close = messages?.thoughtEnd ?? thought.close
  // Of a mark that is several tokens, the first one ends the thought.
  const first = controlTokens.find((token) => token !== '' && close.startsWith(token)) ?? close
  const until: Rule = { kind: 'until', texts: [first] }
  const rest = [until, mark(close), ...(messages === null ? [space] : [])]
  if (begunThinking) return sequence(...rest)
  if (thoughtless) return nothing
  return optional(sequence(space, mark(thought.open), ...rest))
}
