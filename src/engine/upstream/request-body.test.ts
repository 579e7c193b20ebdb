import { expect, test } from 'vitest'
import type { EngineRequest } from '../../core/request.ts'
import { engineRequest } from '../../../test/support/engine-request.ts'
import { dialects, kindOwnedBy, type Kind } from './dialect.ts'
import { requestBody } from './request-body.ts'

function bodyOf(changes: Partial<EngineRequest>, kind: Kind = 'openai') {
  return JSON.parse(requestBody(engineRequest('ours', 'Hi', changes), 'theirs', dialects[kind])) as object
}

const { sampling } = engineRequest('ours', 'Hi')

test('a plain question has no more than it needs', () => {
  expect(bodyOf({})).toEqual({
    model: 'theirs',
    stream: true,
    stream_options: { include_usage: true },
    temperature: 0,
    top_p: 1,
    seed: 1,
    messages: [{ role: 'user', content: 'Hi' }],
  })
})

test('tools, their calls and results, formats and probabilities go along', () => {
  const tool = { name: 'weather', description: 'Tells it', parameters: { type: 'object' }, strict: true }
  const schema = { type: 'object', properties: {}, additionalProperties: false }
  expect(
    bodyOf({
      input: {
        kind: 'chat',
        messages: [
          { role: 'assistant', content: '', toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{}' }] },
          { role: 'tool', content: 'rain', toolCallId: 'call_1' },
        ],
      },
      toolUse: { tools: [tool], choice: { name: 'weather' }, parallel: false },
      format: { kind: 'json-schema', schema },
      topLogprobs: 2,
      maxTokens: 7,
      choices: 3,
      stop: ['END'],
    }),
  ).toMatchObject({
    messages: [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
      },
      { role: 'tool', content: 'rain', tool_call_id: 'call_1' },
    ],
    tools: [{ type: 'function', function: tool }],
    tool_choice: { type: 'function', function: { name: 'weather' } },
    parallel_tool_calls: false,
    response_format: { type: 'json_schema', json_schema: { strict: true, schema } },
    logprobs: true,
    top_logprobs: 2,
    max_completion_tokens: 7,
    n: 3,
    stop: ['END'],
  })
})

test('text goes to be continued', () => {
  expect(bodyOf({ input: { kind: 'text', text: 'Once' }, maxTokens: 5, topLogprobs: 0 })).toMatchObject({
    prompt: 'Once',
    max_tokens: 5,
    logprobs: 0,
  })
})

test('extensions have the names of whoever is asked', () => {
  const changes = { sampling: { ...sampling, topK: 5, minP: 0.1, repeatPenalty: 1.1 }, ignoreEos: true }
  expect(bodyOf(changes, 'vllm')).toMatchObject({
    top_k: 5,
    min_p: 0.1,
    repetition_penalty: 1.1,
    ignore_eos: true,
  })
  expect(bodyOf(changes, 'llama-server')).toMatchObject({ top_k: 5, min_p: 0.1, repeat_penalty: 1.1 })
  expect(bodyOf({ reasoning: { mode: 'on', budget: 100 } }, 'elpis')).toMatchObject({
    chat_template_kwargs: { enable_thinking: true },
    reasoning_budget: 100,
  })
  expect(bodyOf({ reasoning: { mode: 'off', budget: null } }, 'vllm')).toMatchObject({
    chat_template_kwargs: { enable_thinking: false },
  })
})

test.each([
  ['top_k', { sampling: { ...sampling, topK: 5 } }],
  ['min_p', { sampling: { ...sampling, minP: 0.1 } }],
  ['repeat_penalty', { sampling: { ...sampling, repeatPenalty: 1.1 } }],
  ['ignore_eos', { ignoreEos: true }],
  ['reasoning', { reasoning: { mode: 'off', budget: null } }],
  ['reasoning', { reasoning: { mode: 'on', budget: null } }],
  ['reasoning_budget', { reasoning: { mode: 'default', budget: 100 } }],
] as const)('%s is refused where it is not known', (param, changes) => {
  expect(() => bodyOf(changes)).toThrow(
    expect.objectContaining({ code: 'unsupported_parameter', param }) as Error,
  )
})

test('who owns the models says what a server understands', () => {
  expect(['vllm', 'sglang', 'llamacpp', 'elpis', 'openai', 'toString', undefined].map(kindOwnedBy)).toEqual([
    'vllm',
    'sglang',
    'llama-server',
    'elpis',
    'openai',
    'openai',
    'openai',
  ])
})
