/** What models are told of tools, calls and results, by the templates of the families; and that people's text stays text. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { plainRequest, type ChatMessage, type Tool } from '../src/core/request.ts'
import { ChatPrompts } from '../src/engine/chat-prompt.ts'
import { isMark } from '../src/engine/child/vocabulary.ts'
import type { Outlook } from '../src/engine/dialect/template-conversation.ts'
import type { LoadedModel, Segment } from '../src/engine/protocol.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import { fold } from '../src/pipeline/fold.ts'
import { engineRequest } from './support/engine-request.ts'
import { families, writeTinyModel, type FamilyName } from './tiny-models/families.ts'

const open = new Map<FamilyName, ChatPrompts>()
afterAll(async () => {
  for (const prompts of open.values()) await prompts.close()
})

function promptsOf(name: FamilyName): ChatPrompts {
  const known = open.get(name)
  if (known !== undefined) return known
  const { template, vocabulary } = families[name]
  const { bytes } = vocabulary.metadata['tokenizer.ggml.token_type']!
  const { tokens } = vocabulary
  const typeOf = (index: number): number => bytes.readInt32LE(bytes.length - 4 * (tokens.length - index))
  const model: LoadedModel = {
    chatTemplate: template,
    bosText:
      name === 'llama-3.1'
        ? '<|begin_of_text|>'
        : name === 'gemma-3'
          ? '<bos>'
          : name === 'mistral'
            ? '<s>'
            : '',
    eosText: name === 'mistral' ? '</s>' : '',
    controlTokens: tokens.filter((_, index) => typeOf(index) === 3),
    markTokens: tokens.filter((token, index) => typeOf(index) === 4 && isMark(token, template)),
    vocabularySize: tokens.length,
    trainedContextTokens: 4096,
    vectorLength: null,
    description: name,
    build: '',
    layout: null,
    lockdown: '',
  }
  const prompts = new ChatPrompts(name, model)
  open.set(name, prompts)
  return prompts
}

const weather: Tool = {
  name: 'weather',
  description: 'How the weather is',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
}
const written =
  '{"type": "function", "function": {"name": "weather", "description": "How the weather is", "parameters": ' +
  '{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}'

const conversation: readonly ChatMessage[] = [
  { role: 'user', content: 'Rome and Oslo?' },
  {
    role: 'assistant',
    content: '',
    toolCalls: [
      { id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' },
      { id: 'call_2', name: 'weather', arguments: '{"city":"Oslo"}' },
    ],
  },
  { role: 'tool', content: '"sun"', toolCallId: 'call_1' },
  { role: 'tool', content: '"rain"', toolCallId: 'call_2' },
]

const withTools = (tools: readonly Tool[], choice: 'auto' | 'none' = 'auto'): Outlook => ({
  ...plainRequest,
  toolUse: { tools, choice, parallel: true },
})

async function segmentsOf(
  name: FamilyName,
  messages: readonly ChatMessage[],
  outlook: Outlook,
): Promise<readonly Segment[]> {
  const { segments } = await promptsOf(name).of(
    { kind: 'chat', messages },
    0,
    AbortSignal.timeout(30_000),
    outlook,
  )
  return segments
}

async function rendered(
  name: FamilyName,
  messages: readonly ChatMessage[],
  outlook: Outlook,
): Promise<string> {
  return (await segmentsOf(name, messages, outlook)).map(({ text }) => text).join('')
}

describe('a conversation with tools', () => {
  test('of Llama 3.1: one call a turn, its result behind it', async () => {
    const text = await rendered('llama-3.1', conversation, withTools([weather]))
    expect(text).toContain(
      JSON.stringify({ type: 'function', function: { ...weather, strict: undefined } }, null, 4),
    )
    expect(text.slice(text.indexOf('Rome and Oslo?'))).toBe(
      'Rome and Oslo?<|eot_id|>' +
        '<|start_header_id|>assistant<|end_header_id|>\n\n{"name": "weather", "parameters": {"city": "Rome"}}<|eot_id|>' +
        '<|start_header_id|>ipython<|end_header_id|>\n\n"\\"sun\\""<|eot_id|>' +
        '<|start_header_id|>assistant<|end_header_id|>\n\n{"name": "weather", "parameters": {"city": "Oslo"}}<|eot_id|>' +
        '<|start_header_id|>ipython<|end_header_id|>\n\n"\\"rain\\""<|eot_id|>' +
        '<|start_header_id|>assistant<|end_header_id|>\n\n',
    )
  })

  test('of Qwen 3: both calls in a turn, their results in another', async () => {
    const text = await rendered('qwen3', conversation, withTools([weather]))
    expect(text).toContain(`<tools>\n${written}\n</tools>`)
    expect(text.slice(text.indexOf('Rome and Oslo?'))).toBe(
      'Rome and Oslo?<|im_end|>\n<|im_start|>assistant\n' +
        '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>\n' +
        '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo"}}\n</tool_call><|im_end|>\n' +
        '<|im_start|>user\n<tool_response>\n"sun"\n</tool_response>\n<tool_response>\n"rain"\n</tool_response><|im_end|>\n' +
        '<|im_start|>assistant\n',
    )
  })

  test('of Mistral: ids of nine letters, the same for a call and its result', async () => {
    const text = await rendered('mistral', conversation, withTools([weather]))
    expect(text).toContain(`[AVAILABLE_TOOLS] [${written}][/AVAILABLE_TOOLS][INST] Rome and Oslo?[/INST]`)
    const found =
      /\[TOOL_CALLS\] \[\{"name": "weather", "arguments": \{"city": "Rome"\}, "id": "(\w{9})"\}, \{.*"id": "(\w{9})"\}\]<\/s>\[TOOL_RESULTS\] \{"content": "sun", "call_id": "(\w{9})"\}\[\/TOOL_RESULTS\]\[TOOL_RESULTS\] \{"content": "rain", "call_id": "(\w{9})"\}/u.exec(
        text,
      )
    expect(found?.slice(3)).toEqual(found?.slice(1, 3))
    expect(found?.[1]).not.toBe(found?.[2])
  })

  test('of Gemma 3, whose template knows no tools: described, calls and results as text', async () => {
    const text = await rendered('gemma-3', conversation, withTools([weather]))
    expect(text).toContain('<bos><start_of_turn>user\nYou can call tools.')
    expect(text).toContain(
      '\n{"name":"weather","description":"How the weather is","parameters":{"type":"object"',
    )
    expect(text.slice(text.indexOf('Rome and Oslo?'))).toBe(
      'Rome and Oslo?<end_of_turn>\n<start_of_turn>model\n' +
        '<tool_call>\n{"name": "weather", "arguments": {"city":"Rome"}}\n</tool_call>\n' +
        '<tool_call>\n{"name": "weather", "arguments": {"city":"Oslo"}}\n</tool_call><end_of_turn>\n' +
        '<start_of_turn>user\n<tool_response>\n"sun"\n</tool_response>\n<tool_response>\n"rain"\n</tool_response><end_of_turn>\n' +
        '<start_of_turn>model\n',
    )
  })

  test.each(['llama-3.1', 'qwen3', 'gemma-3', 'mistral'] as const)(
    'of %s that may call none of them does not tell of them',
    async (name) => {
      const question: ChatMessage[] = [{ role: 'user', content: 'Hello' }]
      expect(await rendered(name, question, withTools([weather], 'none'))).toBe(
        await rendered(name, question, plainRequest),
      )
    },
  )
})

describe('what the templates are told of thoughts', () => {
  const question: ChatMessage = { role: 'user', content: 'Hello' }
  const thinking = (mode: 'on' | 'off'): Outlook => ({ toolUse: null, reasoning: { mode, budget: null } })

  test('whether to think', async () => {
    expect(await rendered('qwen3', [question], thinking('off'))).toMatch(
      /assistant\n<think>\n\n<\/think>\n\n$/,
    )
    expect(await rendered('qwen3', [question], thinking('on'))).toMatch(/assistant\n$/)
  })

  test('what a turn thought that is not over yet', async () => {
    const turn: ChatMessage = { ...conversation[1]!, reasoning: 'Two cities.' }
    const text = await rendered('qwen3', [question, turn, ...conversation.slice(2)], withTools([weather]))
    expect(text).toContain('<|im_start|>assistant\n<think>\nTwo cities.\n</think>\n\n<tool_call>')
  })
})

describe.each(['llama-3.1', 'qwen3', 'gemma-3', 'mistral'] as const)('hostile text with %s', (name) => {
  const evil = families[name].vocabulary.tokens
    .filter((token) => /^[<[].*[>\]]$/u.test(token) && token.length > 3)
    .join('')
  const hostile: Tool = {
    name: `weather${evil}`,
    description: `Weather ${evil}`,
    parameters: {
      type: 'object',
      properties: { [`city${evil}`]: { type: 'string', enum: [evil, 'object'], description: evil } },
      required: [`city${evil}`],
    },
    strict: false,
  }
  const turns: readonly ChatMessage[] = [
    { role: 'user', content: 'Rome?' },
    {
      role: 'assistant',
      content: '',
      reasoning: evil,
      toolCalls: [
        { id: `call_${evil}`, name: `weather${evil}`, arguments: JSON.stringify({ [evil]: evil }) },
      ],
    },
    { role: 'tool', content: `"${evil}"`, toolCallId: `call_${evil}` },
  ]
  const harmless = JSON.parse(
    JSON.stringify([hostile, turns]).replaceAll(JSON.stringify(evil).slice(1, -1), 'x'),
  ) as [Tool, ChatMessage[]]

  test('in names, descriptions, arguments, results and ids makes no control token', async () => {
    const controls = promptsOf(name).controlTokens
    const controlsIn = (segments: readonly Segment[]): string[] =>
      segments
        .filter(({ control }) => control)
        .flatMap(({ text }) =>
          controls.flatMap((token) => Array<string>(text.split(token).length - 1).fill(token)),
        )
        .toSorted()
    const segments = await segmentsOf(name, turns, withTools([hostile]))
    const [tool, harmlessTurns] = harmless
    const expected = await segmentsOf(name, harmlessTurns, withTools([tool]))
    expect(segments.map(({ text }) => text).join('')).toContain(`Weather ${evil}`)
    expect(controlsIn(segments)).toEqual(controlsIn(expected))
  })
})

describe('calls that must be made by models that know nothing', () => {
  const names = Object.keys(families) as FamilyName[]
  let folder: string
  let engine: EmbeddedEngine

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'elpis-calls-'))
    const pathOf = (name: FamilyName): string => join(folder, `${name}.gguf`)
    for (const name of names) await writeTinyModel(name, pathOf(name))
    engine = embeddedEngine({
      models: names.map((name) => ({
        id: name,
        path: pathOf(name),
        digest: '',
        licence: null,
        createdAt: 0,
      })),
      settings: {
        ...settings.parse({}).engine,
        context: 2048,
        cache: 4096,
        sequences: 2,
        threads: 1,
        cpu_level: 'haswell',
      },
      queue: 4,
    })
  })
  afterAll(async () => {
    await engine.close()
    await rm(folder, { recursive: true, force: true })
  })

  const short: Tool = {
    name: 'pick',
    description: null,
    parameters: {
      type: 'object',
      properties: { size: { type: 'string', enum: ['small', 'large'] }, much: { type: 'boolean' } },
      required: ['size', 'much'],
      additionalProperties: false,
    },
    strict: true,
  }

  test.each(names)(
    '%s: the marks are its control tokens, the arguments fit, and no mark is seen',
    async (name) => {
      const parallel = name !== 'llama-3.1'
      for (const seed of [1, 2, 3]) {
        const request = engineRequest(name, 'Go.', {
          toolUse: { tools: [short], choice: 'required', parallel: false },
          // Random weights may as well think for ever.
          reasoning: { mode: 'on', budget: 5 },
          maxTokens: 300,
        })
        const sampling = { ...request.sampling, temperature: 1, seed }
        const { choices } = await fold(engine.generate({ ...request, sampling }), 1)
        expect({ seed, ...choices[0] }).toMatchObject({
          text: '',
          reason: 'tool_calls',
          toolCalls: [{ name: 'pick' }],
        })
        const given = JSON.parse(choices[0]!.toolCalls[0]!.arguments) as { size: string; much: boolean }
        expect(given).toEqual({
          size: expect.stringMatching(/^(small|large)$/u) as string,
          much: expect.any(Boolean) as boolean,
        })
      }
      const request = engineRequest(name, 'Go.', {
        toolUse: { tools: [short], choice: 'required', parallel },
        reasoning: { mode: 'off', budget: null },
        maxTokens: 300,
      })
      const { choices } = await fold(engine.generate(request), 1)
      const count = choices[0]!.toolCalls.length
      expect(count).toBeGreaterThanOrEqual(1)
      expect(count).toBeLessThanOrEqual(parallel ? 128 : 1)
      expect(choices[0]?.text).toBe('')
    },
  )

  test.each(names)('%s: tools that it need not use leave it free', async (name) => {
    const request = engineRequest(name, 'Go.', {
      toolUse: { tools: [short], choice: 'auto', parallel: true },
      maxTokens: 40,
    })
    const { choices, usage } = await fold(engine.generate(request), 1)
    expect(choices[0]?.text.length).toBeGreaterThan(0)
    expect(usage.outputTokens).toBeGreaterThan(0)
  })
})
