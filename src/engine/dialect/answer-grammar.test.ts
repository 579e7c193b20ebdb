import { describe, expect, test } from 'vitest'
import type { Tool, ToolUse } from '../../core/request.ts'
import { checkGrammar } from '../grammar/check-grammar.ts'
import type { Grammar, Rule } from '../grammar/grammar.ts'
import { answerGrammar } from './answer-grammar.ts'
import { dialectOf } from './dialects.ts'
import { templateSigns } from './template-signs.fixture.ts'
import { UnsupportedTool } from './tool-rules.ts'

const strictTool: Tool = {
  name: 'weather',
  description: null,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
}
const families = Object.keys(templateSigns) as (keyof typeof templateSigns)[]

function grammarFor(family: keyof typeof templateSigns, toolUse: ToolUse, begunThinking = false) {
  const dialect = dialectOf(templateSigns[family])
  const controlTokens =
    family === 'hermes' || family === 'described' ? [] : [...dialect.calls.starts, ...dialect.calls.marks]
  return answerGrammar({ format: null, toolUse, dialect, controlTokens, begunThinking, thoughtless: false })
}

/** All marks and literals of a rule, in the order in which they are written. */
function spelled(rule: Rule): string {
  switch (rule.kind) {
    case 'literal':
      return rule.text
    case 'token':
      return `«${rule.text}»`
    case 'sequence':
      return rule.rules.map(spelled).join('')
    case 'choice':
      return `(${rule.rules.map(spelled).join('|')})`
    case 'repeat':
      return rule.rule.kind === 'characters' ? '' : `${spelled(rule.rule)}*`
    case 'until':
      return '…'
    case 'reference':
      return '$'
    case 'characters':
      return ''
    default:
      return rule satisfies never
  }
}

/** What is wrong with a grammar; `free` when nothing holds the answer. */
function problemOf(grammar: Grammar | null): string {
  return grammar === null ? 'free' : (checkGrammar(grammar) ?? 'sound')
}

describe.each(families)('%s', (family) => {
  const other: Tool = { name: 'time', description: null, parameters: null, strict: false }
  const made = (choice: ToolUse['choice'], parallel: boolean): Grammar | null =>
    grammarFor(family, { tools: [strictTool, other], choice, parallel })

  test.each([false, true])('has sound grammars for its calls (parallel: %s)', (parallel) => {
    expect(problemOf(made('required', parallel))).toBe('sound')
    expect(problemOf(made({ name: 'weather' }, parallel))).toBe('sound')
    expect(JSON.stringify(made({ name: 'weather' }, parallel))).not.toContain('time')
    // Harmony's calls have no mark of their own that would tell them from text.
    expect(problemOf(made('auto', parallel))).toBe(family === 'harmony' ? 'free' : 'sound')
  })
})

const required = (family: keyof typeof templateSigns, begunThinking = false): string => {
  const tool = { ...strictTool, parameters: null }
  const grammar = grammarFor(family, { tools: [tool], choice: 'required', parallel: false }, begunThinking)
  return grammar === null ? '' : spelled(grammar.root)
}

test.each([
  ['hermes', '<think>…</think>*<tool_call>\n{"name": "weather", "arguments": {}}\n</tool_call>'],
  ['llama', '{"name": "weather", "parameters": {}}'],
  ['mistral', '«[TOOL_CALLS]»[{"name": "weather", "arguments": {}}]'],
  ['mistral-named', '[THINK]…[/THINK]*«[TOOL_CALLS]»weather«[ARGS]»{}'],
  [
    'deepseek',
    '«<｜tool▁calls▁begin｜>»«<｜tool▁call▁begin｜>»function«<｜tool▁sep｜>»weather\n```json\n{}\n```«<｜tool▁call▁end｜>»«<｜tool▁calls▁end｜>»',
  ],
  [
    'harmony',
    '«<|channel|>»analysis«<|message|>»…«<|end|>»«<|start|>»assistant*«<|channel|>»commentary to=functions.weather «<|constrain|>»json«<|message|>»{}',
  ],
] as const)('a call that %s must make is written as the family writes it', (family, text) => {
  expect(required(family)).toBe(text)
})

test('a thought that the prompt began comes first', () => {
  expect(required('hermes', true)).toMatch(/^…<\/think><tool_call>/)
})

test('a strict tool whose schema cannot be held to is refused, any other is held to be an object', () => {
  const parameters = {
    type: 'object',
    properties: { a: { not: { type: 'string' } } },
    required: ['a'],
  } as const
  const tool: Tool = { ...strictTool, parameters }
  const toolUse = { tools: [tool], choice: 'auto', parallel: true } as const
  expect(() => grammarFor('hermes', toolUse)).toThrow(UnsupportedTool)
  expect(() => grammarFor('hermes', toolUse)).toThrow(/"weather".*properties\/a/)
  const loose = { ...toolUse, tools: [{ ...tool, strict: false }], choice: 'required' } as const
  expect(grammarFor('hermes', loose)).not.toBeNull()
})

test('nothing holds an answer that may call nothing', () => {
  expect(grammarFor('hermes', { tools: [strictTool], choice: 'none', parallel: true })).toBeNull()
})

test('schemas that are too long together are refused where they are strict, left out where not', () => {
  const long = (strict: boolean): Tool[] =>
    Array.from({ length: 4 }, (_, index) => ({
      name: `tool${index}`,
      description: null,
      strict,
      parameters: {
        type: 'object',
        description: 'x'.repeat(100_000),
        properties: {},
        additionalProperties: false,
      },
    }))
  expect(() => grammarFor('hermes', { tools: long(true), choice: 'auto', parallel: true })).toThrow(
    /"tool2".*too long/,
  )
  const grammar = grammarFor('hermes', { tools: long(false), choice: 'required', parallel: true })
  expect(JSON.stringify(grammar)).toContain('any-')
})
