import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Part } from '../../core/part.ts'
import type { Tool } from '../../core/request.ts'
import { AnswerReader } from './answer-reader.ts'
import { dialectOf } from './dialects.ts'
import { readAnswer } from './read-answer.ts'
import { Scanner } from './scanner.ts'
import { templateSigns } from './template-signs.fixture.ts'

const tools: readonly Tool[] = [
  {
    name: 'weather',
    description: null,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' }, where: { type: 'object' } },
    },
    strict: false,
  },
  { name: 'time', description: null, parameters: null, strict: false },
]

interface Read {
  text: string
  thought: string
  calls: { name: string; arguments: string }[]
}

interface Setting {
  readonly callable?: boolean
  readonly begunThinking?: boolean
  readonly controls?: readonly string[]
}

/** Reads `pieces`, one after the other, as an answer in the dialect of a template. */
function read(template: string, pieces: readonly string[], setting: Setting = {}): Read {
  const { callable = true, begunThinking = false, controls = [] } = setting
  const dialect = dialectOf(template)
  const scanner = new Scanner(controls)
  const toolNamed = callable ? (name: string) => tools.find((tool) => tool.name === name) : null
  const shape = { thought: dialect.thought, begunThinking, calls: dialect.calls, toolNamed }
  const reading = dialect.read?.(scanner, toolNamed) ?? readAnswer(scanner, shape)
  let calls = 0
  const reader = new AnswerReader({ choice: 0, scanner, reading, newCallId: () => `call_${calls++}` })
  const parts = pieces.flatMap((text) => reader.push({ text, tokens: 1, logprobs: null }))
  return folded([...parts, ...reader.finish()])
}

function folded(parts: readonly Part[]): Read {
  const result: Read = { text: '', thought: '', calls: [] }
  for (const part of parts) {
    if (part.type === 'text-delta') result.text += part.text
    else if (part.type === 'reasoning-delta') result.thought += part.text
    else if (part.type === 'tool-call-start') {
      expect(part.call).toBe(result.calls.length)
      result.calls.push({ name: part.name, arguments: '' })
    } else if (part.type === 'tool-call-delta') result.calls[part.call]!.arguments += part.arguments
  }
  return result
}

const rome = { name: 'weather', arguments: '{"city": "Rome"}' }
const now = { name: 'time', arguments: '{}' }
const deepseek = [
  '<｜tool▁calls▁begin｜>',
  '<｜tool▁call▁begin｜>',
  '<｜tool▁sep｜>',
  '<｜tool▁call▁end｜>',
  '<｜tool▁calls▁end｜>',
] as const
const [calls, call, separator, callEnd, callsEnd] = deepseek
const fence = '```'

/** What models of each family write, as their makers document it, and what it means. */
const recorded: readonly [
  family: keyof typeof templateSigns,
  what: string,
  answer: string,
  meaning: Partial<Read>,
  setting?: Setting,
][] = [
  ['hermes', 'text', 'Hello <b>world</b>\n', { text: 'Hello <b>world</b>\n' }],
  [
    'hermes',
    'a call',
    '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>',
    { calls: [rome] },
  ],
  [
    'hermes',
    'text and two calls',
    'Let me look.\n<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>\n<tool_call>{"arguments": {}, "name": "time"}</tool_call>',
    { text: 'Let me look.', calls: [rome, now] },
  ],
  [
    'hermes',
    'a thought before a call',
    '<think>\nI need "it" <now>.\n</think>\n\n<tool_call>\n{"name": "time", "arguments": {}}\n</tool_call>',
    { thought: 'I need "it" <now>.', calls: [now] },
  ],
  [
    'hermes',
    'a thought that the prompt began',
    'Well.\n</think>\n\nHi',
    { thought: 'Well.', text: 'Hi' },
    { begunThinking: true },
  ],
  ['hermes', 'a thought without an end', '<think>\nOn and on ', { thought: 'On and on ' }],
  ['hermes', 'no thought', '\n\nA <think>b</think>', { text: '\n\nA <think>b</think>' }],
  [
    'hermes',
    'arguments as a string',
    '<tool_call>{"name": "weather", "arguments": "{\\"city\\": \\"Rome\\"}"}</tool_call>',
    { calls: [rome] },
  ],
  ['hermes', 'no arguments', '<tool_call>{"name": "time"}</tool_call>', { calls: [now] }],
  [
    'hermes',
    'arguments null',
    '<tool_call>{"name": "time", "arguments": null}</tool_call>',
    { calls: [now] },
  ],
  [
    'hermes',
    'a tool that there is not',
    '<tool_call>\n{"name": "rm", "arguments": {}}\n</tool_call>',
    { text: '<tool_call>\n{"name": "rm", "arguments": {}}\n</tool_call>' },
  ],
  [
    'hermes',
    'broken JSON',
    'So <tool_call>\n{name: 5}</tool_call>',
    { text: 'So <tool_call>\n{name: 5}</tool_call>' },
  ],
  [
    'hermes',
    'a call cut off',
    '<tool_call>{"name": "weather", "arguments": {"city": "Ro',
    { calls: [{ name: 'weather', arguments: '{"city": "Ro' }] },
  ],
  ['hermes', 'a call cut off before its name', 'A <tool_call>{"na', { text: 'A <tool_call>{"na' }],
  [
    'hermes',
    'brackets that do not fit',
    '<tool_call>{"name": "weather", "arguments": {"city": 1]}</tool_call>',
    { calls: [{ name: 'weather', arguments: '{"city": 1' }], text: ']}</tool_call>' },
  ],
  [
    'hermes',
    'calls where none may be',
    '<tool_call>{"name": "time"}</tool_call>',
    { text: '<tool_call>{"name": "time"}</tool_call>' },
    { callable: false },
  ],
  [
    'hermes',
    'a tag in a string',
    '<tool_call>{"name": "weather", "arguments": {"city": "</tool_call> \\" }"}}</tool_call>',
    { calls: [{ name: 'weather', arguments: '{"city": "</tool_call> \\" }"}' }] },
  ],
  [
    'hermes',
    'text behind a call',
    '<tool_call>{"name": "time"}</tool_call>\nDone.',
    { calls: [now], text: '\nDone.' },
  ],
  ['llama', 'a bare call', '{"name": "weather", "parameters": {"city": "Rome"}}', { calls: [rome] }],
  [
    'llama',
    'a call after its mark',
    '<|python_tag|>{"type": "function", "name": "weather", "parameters": {"city": "Rome"}}',
    { calls: [rome] },
    { controls: ['<|python_tag|>'] },
  ],
  [
    'llama',
    'two calls',
    '{"name": "weather", "parameters": {"city": "Rome"}}; {"name": "time", "parameters": {}}',
    { calls: [rome, now] },
  ],
  [
    'llama',
    'a semicolon and no call',
    '{"name": "time", "parameters": {}}; then {"a"',
    { calls: [now], text: '; then {"a"' },
  ],
  [
    'llama',
    'JSON that is no call',
    '{"city": "Rome", "name": "weather"}',
    { text: '{"city": "Rome", "name": "weather"}' },
  ],
  [
    'llama',
    'a built-in tool',
    '<|python_tag|>brave_search.call(query="x")',
    { text: 'brave_search.call(query="x")' },
    { controls: ['<|python_tag|>'] },
  ],
  [
    'mistral',
    'a list',
    '[TOOL_CALLS] [{"name": "weather", "arguments": {"city": "Rome"}, "id": "abcdefghi"}, {"name": "time", "arguments": {}}]',
    { calls: [rome, now] },
    { controls: ['[TOOL_CALLS]'] },
  ],
  ['mistral', 'text with brackets', 'See [1], [TOOL', { text: 'See [1], [TOOL' }],
  [
    'mistral-named',
    'two calls',
    'Wait.[TOOL_CALLS]weather[ARGS]{"city": "Rome"}[TOOL_CALLS]time[CALL_ID]abcdefghi[ARGS]{}',
    { text: 'Wait.', calls: [rome, now] },
    { controls: ['[TOOL_CALLS]', '[ARGS]', '[CALL_ID]'] },
  ],
  [
    'mistral-named',
    'a thought',
    '[THINK]Hm.[/THINK]Hi',
    { thought: 'Hm.', text: 'Hi' },
    { controls: ['[THINK]', '[/THINK]'] },
  ],
  [
    'mistral-named',
    'marks out of place',
    'A[ARGS] b[TOOL_CALLS]nothing[ARGS]{}',
    { text: 'A bnothing{}' },
    { controls: ['[TOOL_CALLS]', '[ARGS]', '[CALL_ID]'] },
  ],
  [
    'deepseek',
    'two calls',
    `${calls}${call}function${separator}weather\n${fence}json\n{"city": "Rome"}\n${fence}${callEnd}\n${call}function${separator}time\n${fence}json\n{}\n${fence}${callEnd}${callsEnd}`,
    { calls: [rome, now] },
    { controls: deepseek },
  ],
  [
    'deepseek-plain',
    'two calls',
    `Sure.${calls}${call}weather${separator}{"city": "Rome"}${callEnd}${call}time${separator}{}${callEnd}${callsEnd}`,
    { text: 'Sure.', calls: [rome, now] },
    { controls: deepseek },
  ],
  ['deepseek-plain', 'a thought', 'Hm.</think>Hi', { thought: 'Hm.', text: 'Hi' }, { begunThinking: true }],
  [
    'function-gemma',
    'a call',
    '<start_function_call>call:weather{city:<escape>Rome, "{Italy}"<escape>,days:3,where:{a:[1,<escape>b<escape>]}}<end_function_call>',
    {
      calls: [
        { name: 'weather', arguments: '{"city":"Rome, \\"{Italy}\\"","days":3,"where":{"a":[1,"b"]}}' },
      ],
    },
    { controls: ['<start_function_call>', '<end_function_call>', '<escape>'] },
  ],
  [
    'gemma-4',
    'a thought and a call',
    '<|channel>thought\nHm.\n<channel|><|tool_call>call:weather{city:<|"|>Rome<|"|>}<tool_call|>',
    { thought: 'Hm.', calls: [{ name: 'weather', arguments: '{"city":"Rome"}' }] },
    { controls: ['<|channel>', '<channel|>', '<|tool_call>', '<tool_call|>', '<|"|>'] },
  ],
  [
    'tagged',
    'a call',
    '<tool_call>\n<function=weather>\n<parameter=city>\n42\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=where>\n{"a": 1}\n</parameter>\n</function>\n</tool_call>',
    { calls: [{ name: 'weather', arguments: '{"city": "42", "days": 3, "where": {"a": 1}}' }] },
  ],
  [
    'tagged',
    'a call without parameters',
    'I look.\n\n<tool_call>\n<function=time>\n</function>\n</tool_call>',
    { text: 'I look.', calls: [now] },
  ],
  [
    'described',
    'a call',
    '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>',
    { calls: [rome] },
  ],
  ['described', 'a bare call', '{"name": "weather", "parameters": {"city": "Rome"}}', { calls: [rome] }],
  [
    'harmony',
    'a thought and an answer',
    '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hi',
    { thought: 'Hm.', text: 'Hi' },
  ],
  [
    'harmony',
    'a thought, a word and a call',
    '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{"city": "Rome"}',
    { thought: 'Hm.', text: 'I look.', calls: [rome] },
  ],
  [
    'harmony',
    'a call named before its channel',
    '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant to=functions.time<|channel|>commentary json<|message|>{}',
    { thought: 'Hm.', calls: [now] },
  ],
]

const harmonyMarks = [
  '<|start|>',
  '<|channel|>',
  '<|message|>',
  '<|constrain|>',
  '<|end|>',
  '<|call|>',
  '<|return|>',
]
const settingOf = (family: string, setting: Setting = {}): Setting =>
  family === 'harmony' ? { controls: harmonyMarks, ...setting } : setting

describe.each(recorded)('%s: %s', (family, _what, answer, meaning, setting) => {
  const expected: Read = { text: '', thought: '', calls: [], ...meaning }
  const whole = settingOf(family, setting)

  test('means the same, however it is split', () => {
    expect(read(templateSigns[family], [answer], whole)).toEqual(expected)
    expect(read(templateSigns[family], Array.from(answer), whole)).toEqual(expected)
    fc.assert(
      fc.property(fc.array(fc.nat(answer.length), { maxLength: 8 }), (cuts) => {
        const places = [0, ...cuts.toSorted((one, other) => one - other), answer.length]
        const pieces = places.slice(1).map((place, index) => answer.slice(places[index], place))
        expect(read(templateSigns[family], pieces, whole)).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })
})

const families = Object.keys(templateSigns) as (keyof typeof templateSigns)[]

test.each(families)('%s: any soup of marks is read to its end, the same for every split', (family) => {
  const dialect = dialectOf(templateSigns[family])
  const marks = [
    ...dialect.calls.starts,
    ...dialect.calls.marks,
    dialect.thought?.open,
    dialect.thought?.close,
  ]
  const bits = [
    ...marks.filter((mark) => mark !== undefined),
    '{"name": "weather", "arguments": {',
    '"city"',
    ': "a\\"',
    '}',
    ']',
    '{',
    'weather',
    'call:weather{',
    'city:',
    '<function=weather>',
    '<parameter=city>',
    '</parameter>',
    ' ',
    '\n',
    'x',
    'é😀',
    ';',
    ',',
  ]
  const setting = settingOf(family)
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 14 }), fc.nat(), (soup, seed) => {
      const answer = soup.join('')
      const whole = read(templateSigns[family], [answer], setting)
      expect(read(templateSigns[family], Array.from(answer), setting)).toEqual(whole)
      const letters = Array.from(answer)
      const cut = letters.length === 0 ? 0 : seed % letters.length
      const halves = [letters.slice(0, cut).join(''), letters.slice(cut).join('')]
      expect(read(templateSigns[family], halves, setting)).toEqual(whole)
    }),
    { numRuns: 300 },
  )
})

test('tells tokens of thoughts from those of the answer', () => {
  const scanner = new Scanner()
  const { thought, calls: form } = dialectOf(templateSigns.hermes)
  const shape = { thought, begunThinking: false, calls: form, toolNamed: null }
  const reader = new AnswerReader({
    choice: 1,
    scanner,
    reading: readAnswer(scanner, shape),
    newCallId: () => '',
  })
  const logprob = (text: string) => ({ token: 1, bytes: [...Buffer.from(text)], logprob: -1, top: [] })
  const pieces = ['<think>', '\n', 'Hm', '.', '\n', '</think>', '\n\n', 'Hi', '!']
  const parts = pieces.flatMap((text) => reader.push({ text, tokens: 1, logprobs: [logprob(text)] }))
  parts.push(...reader.finish())
  expect(reader.reasoningTokens).toBe(7)
  const told = (type: string) =>
    parts.flatMap((part) => (part.type === type && 'logprobs' in part ? (part.logprobs ?? []) : []))
  const texts = (type: string) => told(type).map(({ bytes }) => Buffer.from(bytes).toString())
  expect(texts('text-delta')).toEqual(['Hi', '!'])
  expect(texts('reasoning-delta')).toEqual(['Hm', '.'])
  expect(parts.every((part) => 'choice' in part && part.choice === 1)).toBe(true)
})
