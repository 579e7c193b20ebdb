/** Thoughts of a model whose template begins them, as DeepSeek's distillates do: told apart, counted, ended in time. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import type { Part } from '../src/core/part.ts'
import type { EngineRequest, Reasoning } from '../src/core/request.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import { fold, type Answer } from '../src/pipeline/fold.ts'
import { engineRequest } from './support/engine-request.ts'
import { tinyModel } from './tiny-models/families.ts'
import { text } from './tiny-models/gguf-writer.ts'

const thinkingTemplate = `{%- for message in messages %}{{- message.role + ': ' + message.content + '<|im_end|>' }}{% endfor %}
{{- '<think>\\n' }}{# and ends with </think> #}`

let folder: string
let engine: EmbeddedEngine

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-thoughts-'))
  const path = join(folder, 'thinker.gguf')
  await writeFile(path, tinyModel('qwen3', 1, { 'tokenizer.chat_template': text(thinkingTemplate) }))
  engine = embeddedEngine({
    models: [{ id: 'thinker', path, digest: '', licence: null, createdAt: 0 }],
    settings: {
      ...settings.parse({}).engine,
      context: 512,
      cache: 1024,
      sequences: 4,
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

async function ask(reasoning: Reasoning, changes: Partial<EngineRequest> = {}): Promise<Answer> {
  const request = engineRequest('thinker', 'Hello', { reasoning, maxTokens: 40, ignoreEos: true, ...changes })
  const parts: Part[] = []
  for await (const part of engine.generate(request)) parts.push(part)
  return await fold(
    (async function* () {
      yield* parts
    })(),
    request.choices,
  )
}

test('without a budget, all that comes before the mark is thought', async () => {
  const { choices, usage } = await ask({ mode: 'default', budget: null })
  expect(choices[0]).toMatchObject({ text: '', reason: 'length' })
  expect(choices[0]?.reasoning).not.toBe('')
  expect(usage).toMatchObject({ outputTokens: 40, reasoningTokens: 40 })
})

test('a budget ends the thought, and the answer begins', async () => {
  const free = await ask({ mode: 'default', budget: null })
  const { choices, usage } = await ask({ mode: 'on', budget: 5 }, { choices: 2 })
  for (const { text, reasoning } of choices) {
    expect(free.choices[0]?.reasoning.startsWith(reasoning)).toBe(true)
    expect(text).not.toBe('')
  }
  expect(usage.outputTokens).toBe(80)
  // Five tokens and the mark, for each of the choices.
  expect(usage.reasoningTokens).toBe(2 * 6)
  expect((await ask({ mode: 'on', budget: 5 }, { choices: 2 })).choices).toEqual(choices)
})

test('not to think means no thought, even where the template begins one', async () => {
  const { choices } = await ask({ mode: 'off', budget: null })
  expect(choices[0]?.reasoning).toBe('')
  expect(choices[0]?.text).not.toBe('')
})

test('a form holds for the answer behind the thought', async () => {
  const schema = {
    type: 'object',
    properties: { yes: { type: 'boolean' } },
    required: ['yes'],
    additionalProperties: false,
  } as const
  const { choices } = await ask(
    { mode: 'on', budget: 5 },
    { format: { kind: 'json-schema', schema }, ignoreEos: false, maxTokens: 200 },
  )
  expect(choices[0]?.reasoning).not.toBe('')
  expect(JSON.parse(choices[0]!.text)).toEqual({ yes: expect.any(Boolean) })
})

test('a call that must be made comes behind the thought', async () => {
  const tool = { name: 'now', description: null, parameters: null, strict: false }
  const toolUse = { tools: [tool], choice: 'required', parallel: false } as const
  const { choices } = await ask({ mode: 'on', budget: 5 }, { toolUse, ignoreEos: false, maxTokens: 200 })
  expect(choices[0]).toMatchObject({ reason: 'tool_calls', toolCalls: [{ name: 'now', arguments: '{}' }] })
  expect(choices[0]?.reasoning).not.toBe('')
})
