/** `/v1/responses` with OpenAI's own client and by hand, in front of a fake engine. */
import OpenAI, { APIError } from 'openai'
import type { ResponseInputItem } from 'openai/resources/responses/responses'
import { describe, expect, test } from 'vitest'
import type { Part } from '../src/core/part.ts'
import { elpisError } from '../src/errors.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import {
  error,
  fakeEngine,
  finish,
  saying,
  start,
  text,
  type FakeEngineOptions,
} from './support/fake-engine.ts'

const model = 'fake:1b'

function clientOf({ url, key }: Pick<ApiServer, 'url' | 'key'>): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
}

async function serving(
  answer?: FakeEngineOptions['answer'],
  changes: NonNullable<Parameters<typeof apiServer>[1]> = {},
) {
  const engine = fakeEngine(answer === undefined ? {} : { answer })
  const server = await apiServer(engine, changes)
  return {
    engine,
    server,
    client: clientOf(server),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** What went wrong, as `[status, code, param]`. */
async function refusal(response: Response): Promise<unknown[]> {
  const { error } = (await response.json()) as { error: { code: string; param: string | null; hint: string } }
  expect(error.hint).not.toBe('')
  return [response.status, error.code, error.param]
}

function call(id: string, name: string, ...pieces: string[]): Part[] {
  const place = { choice: 0, call: Number(id.slice(-1)) }
  return [
    { type: 'tool-call-start', ...place, id, name },
    ...pieces.map((piece): Part =>
      Object.assign({ type: 'tool-call-delta' as const, arguments: piece, tokens: 1 }, place),
    ),
  ]
}

/** Thinks, says something, calls two functions. */
function* versatile(): Generator<Part> {
  yield start(7, 2)
  yield { type: 'reasoning-delta', choice: 0, text: 'Let me ', tokens: 2, logprobs: null }
  yield { type: 'reasoning-delta', choice: 0, text: 'see.', tokens: 1, logprobs: null }
  yield text('I look ')
  yield text('it up.')
  yield* call('call_0', 'weather', '{"city":', '"Bonn"}')
  yield* call('call_1', 'time', '{}')
  yield finish('tool_calls')
  yield { type: 'usage', usage: { promptTokens: 7, cachedTokens: 2, outputTokens: 9, reasoningTokens: 3 } }
}

const weather = {
  type: 'function' as const,
  name: 'weather',
  description: 'Says how the weather is.',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: true,
}

describe("OpenAI's client", () => {
  test('asks a question and gets the whole answer', async () => {
    await using given = await serving()
    const response = await given.client.responses.create({
      model,
      instructions: 'Be brief.',
      input: 'hello big world',
      max_output_tokens: 100,
      metadata: { purpose: 'test' },
    })
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      output_text: 'hello big world',
      error: null,
      incomplete_details: null,
      instructions: 'Be brief.',
      max_output_tokens: 100,
      metadata: { purpose: 'test' },
      store: true,
      usage: { input_tokens: 5, output_tokens: 3, total_tokens: 8 },
    })
    expect(response.id).toMatch(/^resp_/)
    expect(response.output).toMatchObject([{ type: 'message', role: 'assistant', status: 'completed' }])
    expect(given.engine.requests[0]?.input).toEqual({
      kind: 'chat',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hello big world' },
      ],
    })
  })

  test('follows a stream of thoughts, text and calls, which adds up to what it would get whole', async () => {
    await using given = await serving(versatile)
    const asked = {
      model,
      input: 'How is it in Bonn?',
      tools: [weather],
      reasoning: { effort: 'low' as const },
    }
    const types: string[] = []
    const numbers: number[] = []
    const stream = given.client.responses.stream(asked)
    for await (const event of stream) {
      types.push(event.type)
      numbers.push(event.sequence_number)
    }
    const streamed = await stream.finalResponse()
    const whole = await given.client.responses.create(asked)
    const bare = (response: object) =>
      JSON.parse(JSON.stringify(response), (key, value: unknown) =>
        /^(id|created_at|completed_at|parsed|parsed_arguments|output_parsed)$/.test(key) ? undefined : value,
      ) as unknown
    expect(bare(streamed)).toEqual(bare(whole))
    expect(whole.output).toMatchObject([
      { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Let me see.' }], summary: [] },
      { type: 'message', content: [{ type: 'output_text', text: 'I look it up.' }] },
      { type: 'function_call', call_id: 'call_0', name: 'weather', arguments: '{"city":"Bonn"}' },
      { type: 'function_call', call_id: 'call_1', name: 'time', arguments: '{}' },
    ])
    expect(whole.usage).toMatchObject({
      input_tokens_details: { cached_tokens: 2 },
      output_tokens_details: { reasoning_tokens: 3 },
    })
    expect(numbers).toEqual(numbers.map((_, index) => index))
    const added = 'response.output_item.added'
    const done = 'response.output_item.done'
    const part = (event: string) => `response.content_part.${event}`
    const calls = 'response.function_call_arguments'
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      added,
      part('added'),
      'response.reasoning_text.delta',
      'response.reasoning_text.delta',
      'response.reasoning_text.done',
      part('done'),
      done,
      added,
      part('added'),
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      part('done'),
      done,
      added,
      `${calls}.delta`,
      `${calls}.delta`,
      `${calls}.done`,
      done,
      added,
      `${calls}.delta`,
      `${calls}.done`,
      done,
      'response.completed',
    ])
    expect(given.engine.requests[0]).toMatchObject({
      toolUse: { tools: [{ name: 'weather', strict: true }], choice: 'auto', parallel: true },
      reasoning: { mode: 'on' },
    })
  })

  test('answers the calls of a model with what its functions gave, in items or by the answer before', async () => {
    await using given = await serving((request) =>
      request.input.kind === 'chat' && request.input.messages.at(-1)?.role === 'tool'
        ? saying('It rains.')(request)
        : versatile(),
    )
    const first = await given.client.responses.create({
      model,
      input: 'How is it in Bonn?',
      tools: [weather],
    })
    const outputs = ['call_0', 'call_1'].map((id) => ({
      type: 'function_call_output' as const,
      call_id: id,
      output: `result of ${id}`,
    }))
    const continued = await given.client.responses.create({
      model,
      previous_response_id: first.id,
      input: outputs,
      tools: [weather],
    })
    const itemised = await given.client.responses.create({
      model,
      store: false,
      // What came out goes back in as it is; the client's types know more kinds of items than there are here.
      input: [
        { role: 'user', content: 'How is it in Bonn?' },
        ...(first.output as ResponseInputItem[]),
        ...outputs,
      ],
      tools: [weather],
    })
    expect(continued.output_text).toBe('It rains.')
    expect(itemised.output_text).toBe('It rains.')
    const [, second, third] = given.engine.requests.map(({ input }) => input)
    expect(third).toEqual(second)
    expect(second).toEqual({
      kind: 'chat',
      messages: [
        { role: 'user', content: 'How is it in Bonn?' },
        {
          role: 'assistant',
          reasoning: 'Let me see.',
          content: 'I look it up.',
          toolCalls: [
            { id: 'call_0', name: 'weather', arguments: '{"city":"Bonn"}' },
            { id: 'call_1', name: 'time', arguments: '{}' },
          ],
        },
        { role: 'tool', content: 'result of call_0', toolCallId: 'call_0', name: 'weather' },
        { role: 'tool', content: 'result of call_1', toolCallId: 'call_1', name: 'time' },
      ],
    })
  })

  test('hears why an answer stopped short', async () => {
    await using given = await serving()
    const response = await given.client.responses.create({
      model,
      input: 'one two three',
      max_output_tokens: 2,
    })
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
    })
    const stream = await given.client.responses.create({
      model,
      input: 'one two three',
      max_output_tokens: 2,
      stream: true,
    })
    const events = await Array.fromAsync(stream)
    expect(events.at(-1)).toMatchObject({ type: 'response.incomplete', response: { status: 'incomplete' } })
  })

  test('hears in the last event that an answer failed; it is not kept', async () => {
    await using given = await serving(function* () {
      yield start(1)
      yield text('Well, ')
      yield error(elpisError('engine_failed', { reason: 'it was killed' }))
    })
    const events = await Array.fromAsync(
      await given.client.responses.create({ model, input: 'x', stream: true }),
    )
    const last = events.at(-1)
    expect(last).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'engine_failed' } },
    })
    const id = last?.type === 'response.failed' ? last.response.id : ''
    await expect(given.client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
  })

  test('gets probabilities, formats and a seed through', async () => {
    await using given = await serving()
    const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }
    const response = await given.client.responses.create({
      model,
      input: 'one two',
      top_logprobs: 2,
      text: { format: { type: 'json_schema', name: 'thing', schema, strict: true } },
    })
    expect(given.engine.requests[0]).toMatchObject({
      topLogprobs: 2,
      format: { kind: 'json-schema', schema },
    })
    const [item] = response.output
    expect(item?.type === 'message' && item.content[0]).toMatchObject({
      logprobs: [{ token: 'one ' }, { token: 'two' }],
    })
    await given.client.responses.create({
      model,
      input: 'x',
      include: ['message.output_text.logprobs'],
      text: { format: { type: 'json_object' } },
    })
    expect(given.engine.requests[1]).toMatchObject({ topLogprobs: 0, format: { kind: 'json-object' } })
  })
})

describe('what is kept', () => {
  test('is shown, listed and deleted', async () => {
    await using given = await serving()
    const { responses } = given.client
    const first = await responses.create({ model, input: 'one' })
    const second = await responses.create({ model, input: 'two', previous_response_id: first.id })
    expect(await responses.retrieve(second.id)).toEqual(second)
    const items = await responses.inputItems.list(second.id, { order: 'asc' })
    expect(items.data).toMatchObject([
      { type: 'message', role: 'user', content: [{ text: 'one' }] },
      { type: 'message', role: 'assistant', content: [{ text: 'one' }] },
      { type: 'message', role: 'user', content: [{ text: 'two' }] },
    ])
    const paged = await Array.fromAsync(responses.inputItems.list(second.id, { limit: 1, order: 'asc' }))
    expect(paged).toEqual(items.data)
    await responses.delete(second.id)
    await expect(responses.retrieve(second.id)).rejects.toMatchObject({ code: 'kept_not_found' })
    await expect(responses.cancel(first.id)).rejects.toMatchObject({ status: 400 })
  })

  test('nobody else finds, continues, lists or deletes it', async () => {
    await using given = await serving()
    const { id } = await given.client.responses.create({ model, input: 'secret' })
    const { key } = await given.server.access.createKey('other')
    const { responses } = clientOf({ url: given.server.url, key })
    const asked = given.engine.calls.length
    for (const attempt of [
      () => responses.retrieve(id),
      () => responses.delete(id),
      () => responses.cancel(id),
      () => responses.inputItems.list(id),
      () => responses.create({ model, input: 'and?', previous_response_id: id }),
    ]) {
      const thrown: unknown = await Promise.resolve(attempt()).catch((error: unknown) => error)
      expect(thrown).toBeInstanceOf(APIError)
      expect(thrown).toMatchObject({ status: 404, code: 'kept_not_found' })
    }
    expect(given.engine.calls.length).toBe(asked)
    expect((await given.client.responses.retrieve(id)).id).toBe(id)
  })

  test('is nothing when the client or the operator does not want it', async () => {
    await using given = await serving()
    const transient = await given.client.responses.create({ model, input: 'x', store: false })
    expect(transient).toMatchObject({ store: false })
    await expect(given.client.responses.retrieve(transient.id)).rejects.toMatchObject({ status: 404 })

    await using keepless = await serving(undefined, { responses: { days: 0 } })
    expect(await keepless.client.responses.create({ model, input: 'x' })).toMatchObject({ store: false })
    const refused = (changes: object) =>
      keepless.server.post('/v1/responses', { model, input: 'x', ...changes }).then(refusal)
    expect(await refused({ store: true })).toEqual([400, 'unsupported_parameter', 'store'])
    expect(await refused({ previous_response_id: 'resp_1' })).toEqual([
      400,
      'unsupported_parameter',
      'previous_response_id',
    ])
  })

  test('makes room for what is newer, and ends with its conversation', async () => {
    const bytes = 6000
    await using given = await serving(undefined, { responses: { bytesPerAccount: bytes } })
    const ids: string[] = []
    for (const word of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      ids.push((await given.client.responses.create({ model, input: word.repeat(200) })).id)
    }
    const kept = await Promise.all(
      ids.map((id) =>
        given.client.responses.retrieve(id).then(
          () => true,
          () => false,
        ),
      ),
    )
    expect(kept[0]).toBe(false)
    expect(kept.at(-1)).toBe(true)
    // In one piece: what goes is what is oldest.
    expect(kept).toEqual(kept.toSorted((left, right) => Number(left) - Number(right)))
  })

  test('a conversation that became too long is refused, not cut', async () => {
    await using given = await serving(undefined, { responses: { chainBytes: 4000 } })
    let previous: string | null = null
    const outcomes: unknown[] = []
    for (let turn = 0; turn < 6; turn++) {
      const answer = await given.server.post('/v1/responses', {
        model,
        input: 'x'.repeat(200),
        previous_response_id: previous,
      })
      if (answer.status === 200) previous = ((await answer.json()) as { id: string }).id
      outcomes.push(answer.status === 200 ? 'answered' : await refusal(answer))
    }
    expect(outcomes[0]).toBe('answered')
    expect(outcomes.at(-1)).toEqual([400, 'invalid_request', 'previous_response_id'])
  })
})

describe('refused', () => {
  test.each([
    [{ background: true }, 'unsupported_parameter', 'background'],
    [{ truncation: 'auto' }, 'unsupported_parameter', 'truncation'],
    [{ conversation: 'conv_1' }, 'unsupported_parameter', 'conversation'],
    [{ tools: [{ type: 'web_search' }] }, 'invalid_request', 'tools[0].type'],
    [{ tools: [weather, weather] }, 'invalid_request', 'tools'],
    [{ tool_choice: { type: 'function', name: 'nope' } }, 'invalid_request', 'tool_choice'],
    [{ tool_choice: 'required' }, 'invalid_request', 'tool_choice'],
    [{ input: [] }, 'invalid_request', 'input'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] },
      'invalid_request',
      'input[0].content[0].type',
    ],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'invalid_request', 'input[0].type'],
    [{ input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }, 'invalid_request', 'input'],
    [{ input: 'half \uD83D' }, 'invalid_request', 'input'],
    [{ max_output_tokens: 0 }, 'invalid_request', 'max_output_tokens'],
    [{ max_output_tokens: 1e300 }, 'invalid_request', 'max_output_tokens'],
    [{ temperature: -1 }, 'invalid_request', 'temperature'],
    [{ text: { verbosity: 'high' } }, 'invalid_request', 'text.verbosity'],
    [{ reasoning: { summary: 'detailed' } }, 'invalid_request', 'reasoning.summary'],
    [{ metadata: { a: 'x'.repeat(513) } }, 'invalid_request', 'metadata.a'],
    [{ max_tokens: 5 }, 'unknown_parameter', 'max_tokens'],
    [{ stream_options: {} }, 'invalid_request', 'stream_options'],
  ])('%j', async (changes, code, param) => {
    await using given = await serving()
    const answer = await given.server.post('/v1/responses', { model, input: 'x', ...changes })
    expect(await refusal(answer)).toEqual([400, code, param])
    expect(given.engine.calls).toEqual([])
  })

  test('ids that are none, models that are not served, strangers', async () => {
    await using given = await serving()
    for (const id of ['..%2F..%2Fetc', "'%20or%201=1", '%00', 'x'.repeat(900)]) {
      expect((await given.server.fetch(`/v1/responses/${id}`)).status).toBe(404)
    }
    const answer = await given.server.post('/v1/responses', { model: 'fake:2b', input: 'x' })
    expect(await refusal(answer)).toEqual([404, 'model_not_served', 'model'])
    const stranger = await fetch(`${given.server.url}/v1/responses/resp_1`)
    expect(await refusal(stranger)).toEqual([401, 'key_missing', null])
    expect((await given.server.fetch('/v1/responses/resp_1?stream=true')).status).toBe(400)
    expect((await given.server.fetch('/v1/responses/resp_1/input_items?limit=1e9')).status).toBe(400)
  })
})
