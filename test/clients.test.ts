/** Real clients against the real server and the real model: `docs/clients.md` as it stands there, and streams. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Anthropic from '@anthropic-ai/sdk'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI } from '@langchain/openai'
import { generateText, jsonSchema, streamText, tool } from 'ai'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import {
  createKey,
  freshHome,
  root,
  serveElpis,
  withRealModel,
  type Home,
  type RunningServer,
} from './support/elpis.ts'
import { pythonWith } from './support/python.ts'

const model = 'smollm2:135m'
/** Nobody answers that in sixteen tokens, on whatever processor. */
const messages = [{ role: 'user' as const, content: 'Tell me a long story about a lighthouse.' }]
const run = promisify(execFile)

let home: Home
let server: RunningServer
let key: string
let python: string | null
let llmFolder: string

beforeAll(async () => {
  home = freshHome()
  llmFolder = mkdtempSync(join(tmpdir(), 'elpis-llm-'))
  await withRealModel(home)
  ;[server, python] = await Promise.all([
    serveElpis(home),
    pythonWith(['openai==2.54.0', 'litellm==1.106.2', 'llm==0.32.1']),
  ])
  ;({ key } = await createKey(home))
}, 400_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
  await rm(llmFolder, { recursive: true, force: true })
})

/** What a program wrote, once it ended well. */
async function outputOf(program: string, words: readonly string[]): Promise<string> {
  const environment = {
    ...home.environment,
    ELPIS_KEY: key,
    LLM_USER_PATH: llmFolder,
    // LiteLLM asks the network for prices of models otherwise.
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
  }
  const running = run(program, words, { cwd: root, env: environment, timeout: 110_000 })
  // `llm` reads what comes in as part of the question.
  running.child.stdin?.end()
  const { stdout } = await running
  return stdout.trim()
}

/** The interpreter with the clients; skips the test where there is none. */
function interpreter({ skip }: TestContext): string {
  if (python === null) return skip('the Python clients cannot be had here')
  return python
}

/** Every block of code of the page, with the heading above it. */
function blocksOf(page: string): { heading: string; language: string; code: string }[] {
  return page
    .split(/^## /m)
    .slice(1)
    .flatMap((section) =>
      [...section.matchAll(/^```(js|python|sh)\n(.*?)^```/gms)].map(([, language = '', code = '']) => ({
        heading: section.split('\n', 1)[0] ?? '',
        language,
        code,
      })),
    )
}

const blocks = blocksOf(readFileSync(join(root, 'docs/clients.md'), 'utf8'))

describe('docs/clients.md', () => {
  test('has every client', () => {
    expect(blocks.map(({ heading }) => heading)).toEqual([
      'OpenAI, JavaScript',
      'Anthropic, JavaScript',
      'Ollama, JavaScript',
      'Vercel AI SDK',
      'LangChain, JavaScript',
      'OpenAI, Python',
      'LiteLLM, Python',
      'llm, the command line',
      'curl',
      'curl',
    ])
  })

  test.for(blocks)('$heading', async ({ language, code }, context) => {
    const ours = code.replaceAll('http://localhost:4141', server.url)
    expect(ours).toContain(server.url)
    expect(await said(language, ours, context)).toMatch(/\w{2}/u)
  })
})

async function said(language: string, code: string, context: TestContext): Promise<string> {
  switch (language) {
    case 'js':
      return await outputOf(process.execPath, ['--input-type=module', '--eval', code])
    case 'python':
      return await outputOf(interpreter(context), ['-c', code])
    default: {
      // `curl` fails on no status of its own.
      const shell = code.replaceAll('curl -s ', 'curl -sf ')
      if (!shell.includes('llm ')) return await outputOf('sh', ['-ec', shell])
      const llm = `llm() { "${interpreter(context)}" -m llm "$@"; }\n`
      return await outputOf('sh', ['-ec', llm + shell])
    }
  }
}

describe('streams, and the same text whole, with the client of', () => {
  test('OpenAI', async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 })
    const body = { model, messages, temperature: 0, max_tokens: 16 }
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...body, stream: true }))
    const whole = await client.chat.completions.create(body)
    expect(told(chunks.map(({ choices }) => choices[0]?.delta.content ?? ''))).toEqual({
      text: whole.choices[0]?.message.content ?? '',
      gradually: true,
    })
  })

  test('Anthropic', async () => {
    const client = new Anthropic({ baseURL: server.url, apiKey: key, maxRetries: 0 })
    const body = { model, messages, temperature: 0, max_tokens: 16 }
    const pieces: string[] = []
    const stream = client.messages.stream(body).on('text', (piece) => void pieces.push(piece))
    const streamed = await stream.finalMessage()
    const whole = await client.messages.create(body)
    const [block] = whole.content
    expect(told(pieces)).toEqual({ text: block?.type === 'text' ? block.text : '', gradually: true })
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
    expect(whole.stop_reason).toBe('max_tokens')
    const { input_tokens: counted } = await client.messages.countTokens({ model, messages })
    expect(whole.usage.input_tokens + (whole.usage.cache_read_input_tokens ?? 0)).toBe(counted)
  })

  test('Anthropic, up to a stop sequence', async () => {
    const client = new Anthropic({ baseURL: server.url, apiKey: key, maxRetries: 0 })
    const body = { model, messages, temperature: 0, max_tokens: 16 }
    const whole = await client.messages.create(body)
    const said = whole.content[0]?.type === 'text' ? whole.content[0].text : ''
    const sequence = said.slice(12, 15)
    const cut = await client.messages.create({ ...body, stop_sequences: ['never said', sequence] })
    expect(cut).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: sequence,
      content: [{ type: 'text', text: said.slice(0, said.indexOf(sequence)) }],
    })
  })

  test('Ollama', async () => {
    const client = new Ollama({ host: server.url, headers: { Authorization: `Bearer ${key}` } })
    const body = { model, messages, options: { temperature: 0, num_predict: 16 } }
    const chunks = await Array.fromAsync(await client.chat({ ...body, stream: true }))
    const whole = await client.chat(body)
    expect(told(chunks.map(({ message }) => message.content))).toEqual({
      text: whole.message.content,
      gradually: true,
    })
    expect(whole).toMatchObject({ done_reason: 'length', eval_count: 16 })
    expect(whole.eval_duration).toBeGreaterThan(0)
    expect(whole.total_duration).toBe(whole.load_duration + whole.prompt_eval_duration + whole.eval_duration)
  })

  test('Vercel', async () => {
    const elpis = createOpenAICompatible({ name: 'elpis', baseURL: `${server.url}/v1`, apiKey: key })
    const streaming = streamText({
      model: elpis(model),
      messages,
      temperature: 0,
      maxOutputTokens: 16,
      maxRetries: 0,
    })
    const pieces = await Array.fromAsync(streaming.textStream)
    expect(told(pieces)).toEqual({ text: await wholeText(), gradually: true })
    expect(await streaming.finishReason).toBe('length')
  })

  test('LangChain', async () => {
    const langChain = new ChatOpenAI({
      model,
      temperature: 0,
      maxTokens: 16,
      maxRetries: 0,
      apiKey: key,
      configuration: { baseURL: `${server.url}/v1` },
    })
    const chunks = await Array.fromAsync(await langChain.stream(messages))
    expect(told(chunks.map(({ text }) => text))).toEqual({ text: await wholeText(), gradually: true })
  })

  const question = JSON.stringify({ model, messages, temperature: 0, max_tokens: 16 })
  test.for([
    [
      'OpenAI in Python',
      `client = openai.OpenAI(base_url=base, api_key=key, max_retries=0)
chunks = client.chat.completions.create(stream=True, **question)`,
    ],
    [
      'LiteLLM',
      `question["model"] = "openai/" + question["model"]
chunks = litellm.completion(stream=True, api_base=base, api_key=key, **question)`,
    ],
  ] as const)('%s', async ([, code], context) => {
    const imports = code.includes('litellm') ? 'litellm' : 'openai'
    const output = await outputOf(interpreter(context), [
      '-c',
      `import json, os, ${imports}
key = os.environ["ELPIS_KEY"]
base = ${JSON.stringify(`${server.url}/v1`)}
question = json.loads(${JSON.stringify(question)})
${code}
print(json.dumps([chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]))`,
    ])
    expect(told(JSON.parse(output) as string[])).toEqual({ text: await wholeText(), gradually: true })
  })
})

const weather = {
  name: 'weather',
  description: 'Tells the weather of a city.',
  schema: { type: 'object' as const, properties: { city: { enum: ['Rome', 'Oslo'] } }, required: ['city'] },
}
const openAiTool = {
  type: 'function' as const,
  function: {
    name: weather.name,
    description: weather.description,
    parameters: weather.schema,
    strict: true,
  },
}
const aCity = { city: expect.stringMatching(/^(Rome|Oslo)$/) }

describe('calls a tool when it must, with the client of', () => {
  const asked = [{ role: 'user' as const, content: 'How is the weather in Oslo?' }]

  test('OpenAI', async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 })
    const body = {
      model,
      messages: asked,
      max_tokens: 100,
      tools: [openAiTool],
      tool_choice: 'required' as const,
      parallel_tool_calls: false,
    }
    const stream = client.chat.completions.stream(body)
    const streamed = await stream.finalChatCompletion()
    const whole = await client.chat.completions.create(body)
    const calls = [streamed, whole].map(({ choices: [choice] }) => {
      const call = choice?.message.tool_calls?.[0]
      const given = call?.type === 'function' ? (JSON.parse(call.function.arguments) as object) : null
      return [choice?.finish_reason, given]
    })
    expect(calls).toEqual([
      ['tool_calls', aCity],
      ['tool_calls', aCity],
    ])
  })

  test('Anthropic', async () => {
    const client = new Anthropic({ baseURL: server.url, apiKey: key, maxRetries: 0 })
    const { schema: input_schema, ...tool } = weather
    const body: Anthropic.MessageCreateParamsNonStreaming = {
      model,
      messages: asked,
      max_tokens: 100,
      tools: [{ ...tool, input_schema, strict: true }],
      tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
    }
    const streamed = await client.messages.stream(body).finalMessage()
    const whole = await client.messages.create(body)
    for (const { content, stop_reason: reason } of [streamed, whole]) {
      expect(content).toMatchObject([{ type: 'tool_use', name: 'weather', input: aCity }])
      expect(reason).toBe('tool_use')
    }
    const result = {
      type: 'tool_result' as const,
      tool_use_id: whole.content[0]?.type === 'tool_use' ? whole.content[0].id : '',
      content: 'Snow.',
    }
    const after = await client.messages.create({
      ...body,
      tool_choice: { type: 'none' },
      max_tokens: 8,
      messages: [
        ...asked,
        { role: 'assistant', content: whole.content },
        { role: 'user', content: [result] },
      ],
    })
    expect(after.content).toMatchObject([{ type: 'text' }])
  })

  test('Vercel', async () => {
    const elpis = createOpenAICompatible({ name: 'elpis', baseURL: `${server.url}/v1`, apiKey: key })
    const { toolCalls } = await generateText({
      model: elpis(model),
      messages: asked,
      maxOutputTokens: 100,
      maxRetries: 0,
      tools: {
        weather: tool({
          description: weather.description,
          inputSchema: jsonSchema(weather.schema),
          strict: true,
        }),
      },
      toolChoice: 'required',
      providerOptions: { elpis: { parallel_tool_calls: false } },
    })
    expect(toolCalls).toMatchObject([{ toolName: 'weather', input: aCity }])
  })

  test('LangChain', async () => {
    const langChain = new ChatOpenAI({
      model,
      maxTokens: 100,
      maxRetries: 0,
      apiKey: key,
      configuration: { baseURL: `${server.url}/v1` },
    }).bindTools([openAiTool], { tool_choice: 'weather', parallel_tool_calls: false })
    expect((await langChain.invoke(asked)).tool_calls).toMatchObject([{ name: 'weather', args: aCity }])
  })
})

test('describes a model to the client of Ollama as its file does', async () => {
  const client = new Ollama({ host: server.url, headers: { Authorization: `Bearer ${key}` } })
  const details = {
    parent_model: '',
    format: 'gguf',
    family: 'llama',
    families: ['llama'],
    parameter_size: '134.52M',
    quantization_level: 'Q4_1',
  }
  const { models } = await client.list()
  expect(models).toMatchObject([{ name: model, details }])
  const shown = await client.show({ model })
  expect(shown).toMatchObject({ details, model_info: { 'llama.context_length': 8192 } })
})

test('holds an answer to a schema, with the client of Ollama', async () => {
  const client = new Ollama({ host: server.url, headers: { Authorization: `Bearer ${key}` } })
  const { message } = await client.chat({
    model,
    messages,
    format: weather.schema,
    options: { num_predict: 100 },
  })
  expect(JSON.parse(message.content)).toEqual(aCity)
})

/** What the model says to the question, known from a client that did not stream. */
async function wholeText(): Promise<string> {
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 0 })
  const whole = await client.chat.completions.create({ model, messages, temperature: 0, max_tokens: 16 })
  return whole.choices[0]?.message.content ?? ''
}

/** What a stream adds up to, and whether it came bit by bit. */
function told(pieces: readonly string[]): { text: string; gradually: boolean } {
  // What is judged leaves window by window: of so short an answer the first one, and the rest.
  return { text: pieces.join(''), gradually: pieces.filter((piece) => piece !== '').length > 1 }
}
