/**
 * The well-known model families, by tiny models with the true metadata and random weights: their templates render as
 * those of the public model cards, their files pass the checks, and the engine loads and decodes them for real.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import type { RequestId } from '../src/core/ids.ts'
import type { Part } from '../src/core/part.ts'
import { plainRequest, plainSampling, type ChatMessage, type EngineRequest } from '../src/core/request.ts'
import { ChatPrompts } from '../src/engine/chat-prompt.ts'
import { isMark } from '../src/engine/child/vocabulary.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import { checkWeights } from '../src/weights/gguf/check.ts'
import { describeModel } from '../src/weights/gguf/describe.ts'
import { readGgufArray } from '../src/weights/gguf/read.ts'
import { families, tinyModel, writeTinyModel, type FamilyName } from './tiny-models/families.ts'

const names = Object.keys(families) as FamilyName[]
let folder: string
const pathOf = (name: FamilyName): string => join(folder, `${name}.gguf`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-families-'))
  for (const name of names) await writeTinyModel(name, pathOf(name))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const system: ChatMessage = { role: 'system', content: 'Be brief.' }
const hello: ChatMessage = { role: 'user', content: 'Hello' }
const hi: ChatMessage = { role: 'assistant', content: 'Hi there' }
const who: ChatMessage = { role: 'user', content: '  Who are you?\n' }

interface Rendering {
  readonly messages: readonly ChatMessage[]
  readonly text: string
}

/** As `apply_chat_template(…, add_generation_prompt=True)` renders them with the templates of the model cards. */
const renderings: Record<FamilyName, readonly Rendering[]> = {
  'llama-3.1': [
    {
      messages: [hello],
      text:
        '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n' +
        'Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|>' +
        '<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>' +
        '<|start_header_id|>assistant<|end_header_id|>\n\n',
    },
    {
      messages: [system, hello, hi, who],
      text:
        '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n' +
        'Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\nBe brief.<|eot_id|>' +
        '<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>' +
        '<|start_header_id|>assistant<|end_header_id|>\n\nHi there<|eot_id|>' +
        '<|start_header_id|>user<|end_header_id|>\n\nWho are you?<|eot_id|>' +
        '<|start_header_id|>assistant<|end_header_id|>\n\n',
    },
  ],
  qwen3: [
    { messages: [hello], text: '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n' },
    {
      messages: [system, hello, hi, who],
      text:
        '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n' +
        '<|im_start|>assistant\nHi there<|im_end|>\n<|im_start|>user\n  Who are you?\n<|im_end|>\n' +
        '<|im_start|>assistant\n',
    },
    {
      // What it thought before is not shown to it again.
      messages: [hello, { role: 'assistant', content: '<think>\nA greeting.\n</think>\n\nHi there' }, who],
      text:
        '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi there<|im_end|>\n' +
        '<|im_start|>user\n  Who are you?\n<|im_end|>\n<|im_start|>assistant\n',
    },
    {
      messages: [hello, hi, { role: 'tool', content: '1' }, { role: 'tool', content: '2' }],
      text:
        '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi there<|im_end|>\n' +
        '<|im_start|>user\n<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response><|im_end|>\n' +
        '<|im_start|>assistant\n',
    },
  ],
  'gemma-3': [
    {
      messages: [hello],
      text: '<bos><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\n',
    },
    {
      // There is no system role: it becomes the beginning of the first user's turn.
      messages: [system, hello, hi, who],
      text:
        '<bos><start_of_turn>user\nBe brief.\n\nHello<end_of_turn>\n<start_of_turn>model\nHi there<end_of_turn>\n' +
        '<start_of_turn>user\nWho are you?<end_of_turn>\n<start_of_turn>model\n',
    },
  ],
  mistral: [
    { messages: [hello], text: '<s>[INST] Hello[/INST]' },
    {
      // The system's message goes before the last of the user's.
      messages: [system, hello, hi, { role: 'user', content: 'Who are you?' }],
      text: '<s>[INST] Hello[/INST] Hi there</s>[INST] Be brief.\n\nWho are you?[/INST]',
    },
  ],
}

/** Conversations that a family refuses, and its own words for it. */
const refusals = {
  'gemma-3': {
    messages: [hello, who],
    text: 'Conversation roles must alternate user/assistant/user/assistant/...',
  },
  mistral: {
    messages: [hello, who],
    text: 'After the optional system message, conversation roles must alternate user/assistant/user/assistant/...',
  },
} satisfies Partial<Record<FamilyName, Rendering>>

async function promptsOf(name: FamilyName): Promise<ChatPrompts> {
  const model = await checkWeights([pathOf(name)])
  const { chatTemplate, specialTokens, vocabularySize, trainedContextTokens } = describeModel(model)
  const tokens = await readGgufArray(model, 'tokenizer.ggml.tokens')
  const types = await readGgufArray(model, 'tokenizer.ggml.token_type')
  const spelling = (id: number | undefined): string => (id === undefined ? '' : String(tokens[id]))
  return new ChatPrompts(name, {
    chatTemplate,
    bosText: spelling(specialTokens.get('bos')),
    eosText: spelling(specialTokens.get('eos')),
    controlTokens: tokens.filter((_, id) => types[id] === 3).map(String),
    markTokens: tokens.map(String).filter((token, id) => types[id] === 4 && isMark(token, chatTemplate)),
    vocabularySize: vocabularySize ?? 0,
    trainedContextTokens: trainedContextTokens ?? 0,
    vectorLength: null,
    description: name,
    build: '',
    layout: null,
    lockdown: '',
  })
}

describe.each(names)('%s', (name) => {
  test('its file says what the family is', async () => {
    const summary = describeModel(await checkWeights([pathOf(name)]))
    const family = families[name]
    expect(summary).toMatchObject({
      architecture: family.architecture,
      layers: family.layers,
      heads: family.heads,
      kvHeads: family.kvHeads,
      headDimension: family.headDimension,
      trainedContextTokens: family.contextTokens,
      vocabularySize: family.vocabulary.tokens.length,
      quantisation: 'F16',
      chatTemplate: family.template,
    })
    expect(summary).toMatchObject(told[name])
  })

  test('is written the same each time, and otherwise from another seed', () => {
    expect(tinyModel(name).equals(tinyModel(name))).toBe(true)
    expect(tinyModel(name).equals(tinyModel(name, 2))).toBe(false)
  })

  test('renders conversations as its model card does', async () => {
    const prompts = await promptsOf(name)
    try {
      for (const { messages, text } of renderings[name]) {
        const { segments } = await prompts.of({ kind: 'chat', messages }, 0, AbortSignal.timeout(30_000))
        expect(segments.map((segment) => segment.text).join('')).toBe(text)
      }
    } finally {
      await prompts.close()
    }
  })
})

test.each(Object.keys(refusals) as (keyof typeof refusals)[])(
  '%s refuses conversations that its model card refuses',
  async (name) => {
    const { messages, text } = refusals[name]
    const prompts = await promptsOf(name)
    try {
      const asked = prompts.of({ kind: 'chat', messages }, 0, AbortSignal.timeout(30_000))
      await expect(asked).rejects.toMatchObject({
        code: 'template_failed',
        message: expect.stringContaining(text) as string,
      })
    } finally {
      await prompts.close()
    }
  },
)

/** What sets the family apart, as `inspect` tells it. */
const told: Record<FamilyName, object> = {
  'llama-3.1': {
    tokenizer: { model: 'gpt2', pre: 'llama-bpe' },
    rope: { base: 500_000, scaling: 'factors', factor: null },
    slidingWindow: null,
    licence: { id: 'llama3.1' },
  },
  qwen3: {
    tokenizer: { model: 'gpt2', pre: 'qwen2' },
    rope: { base: 1_000_000, scaling: null, factor: null },
    slidingWindow: null,
  },
  'gemma-3': {
    tokenizer: { model: 'llama', pre: 'default' },
    rope: { base: 1_000_000, scaling: 'linear', factor: 8 },
    slidingWindow: 1024,
  },
  mistral: {
    tokenizer: { model: 'llama', pre: 'default' },
    rope: { base: 1_000_000, scaling: null, factor: null },
    slidingWindow: null,
  },
}

test('Llama 3.1 stretches slow dimensions of RoPE by 8 and leaves fast ones alone', () => {
  const factors = families['llama-3.1'].ropeFactors
  expect(factors.slice(0, 4)).toEqual([1, 1, 1, 1])
  expect(factors.slice(-2)).toEqual([8, 8])
  expect(factors).toEqual(factors.toSorted((one, other) => one - other))
})

describe('loaded and decoded for real', () => {
  let engine: EmbeddedEngine
  beforeAll(async () => {
    const engineSettings = settings.parse({}).engine
    engine = embeddedEngine({
      models: names.map((name) => ({
        id: name,
        path: pathOf(name),
        digest: '',
        licence: null,
        createdAt: 0,
      })),
      settings: {
        ...engineSettings,
        context: 512,
        cache: 1024,
        sequences: 2,
        threads: 1,
        cpu_level: 'haswell',
      },
      queue: 4,
      log: (event) => {
        if (event.type === 'model-lost' || event.type === 'model-failed') console.error(event)
      },
    })
  })
  afterAll(async () => {
    await engine.close()
  })

  test('marks such as `<tool_call>` are text where somebody wrote them, and tokens where the template or the model did', async () => {
    const spellings = await readGgufArray(await checkWeights([pathOf('qwen3')]), 'tokenizer.ggml.tokens')
    const mark = spellings.indexOf('<tool_call>')
    const thought = spellings.indexOf('</think>')
    const marksIn = async (messages: readonly ChatMessage[]) => {
      const { tokens } = await engine.tokenize({
        id: 'req_tokens' as RequestId,
        model: 'qwen3',
        input: { kind: 'chat', messages },
        signal: new AbortController().signal,
        share: { account: 'key_test', weight: 1, cacheScope: 'test' },
      })
      return tokens.filter((token) => token === mark || token === thought).length
    }
    const writing: ChatMessage = { role: 'user', content: 'What does <tool_call> mean, or </think>?' }
    expect(await marksIn([writing])).toBe(0)
    // Put together from what somebody wrote and what the template writes beside it.
    expect(await marksIn([{ role: 'user', content: '<tool_' }, hi, { role: 'user', content: 'call>' }])).toBe(
      0,
    )
    expect(await marksIn([hello, { role: 'assistant', content: 'It is <tool_call>.' }, who])).toBe(1)
    expect(
      await marksIn([writing, { role: 'assistant', content: '<think>\nHm.\n</think>\n\nHi' }, who]),
    ).toBe(0)
  })

  let requests = 0
  async function ask(name: FamilyName, messages: readonly ChatMessage[]): Promise<Part[]> {
    const request: EngineRequest = {
      ...plainRequest,
      share: { account: 'key_test', weight: 1, cacheScope: 'test' },
      id: `req_${++requests}` as RequestId,
      model: name,
      input: { kind: 'chat', messages },
      sampling: {
        ...plainSampling,
        temperature: 0,
        seed: 1,
      },
      choices: 1,
      maxTokens: 16,
      stop: [],
      ignoreEos: true,
      topLogprobs: 0,
      signal: AbortSignal.timeout(100_000),
    }
    const parts: Part[] = []
    for await (const part of engine.generate(request)) parts.push(part)
    return parts
  }

  /**
   * Tokens of the first rendering above, counted by hand: control tokens are one each, text one a byte or letter but
   * for the vocabulary's few merges ("er" of user, "in" of Cutting, "an" of assistant …).
   */
  const promptTokens: Record<FamilyName, number> = {
    'llama-3.1': 9 + 89,
    qwen3: 3 + 19,
    'gemma-3': 4 + 16,
    // SentencePiece puts a space of its own before the text behind a control token.
    mistral: 3 + ' '.length + ' Hello'.length,
  }

  test.each(names)('%s', async (name) => {
    const parts = await ask(name, [hello])
    expect(parts.at(-1)).toMatchObject({ type: 'usage' })
    const start = parts.find((part) => part.type === 'start')
    expect(start?.promptTokens).toBe(promptTokens[name])
    const logprobs = parts.flatMap((part) => (part.type === 'text-delta' ? (part.logprobs ?? []) : []))
    expect(logprobs).toHaveLength(16)
    // Numbers of a model, not of a broken one: probabilities, and not the same one for all tokens of the vocabulary.
    const flat = -Math.log(families[name].vocabulary.tokens.length)
    for (const { logprob } of logprobs) {
      expect(logprob).toBeLessThanOrEqual(0)
      expect(logprob).toBeGreaterThan(flat)
    }
    expect(parts.find((part) => part.type === 'finish')).toMatchObject({ reason: 'length' })
    expect(parts.at(-1)).toMatchObject({ usage: { outputTokens: 16 } })
    // The same question, the same answer.
    const text = (all: Part[]): string =>
      all.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')
    expect(text(await ask(name, [hello]))).toBe(text(parts))
  })
})
