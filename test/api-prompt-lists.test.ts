/** Several prompts, and prompts of token ids, in one request to `/v1/completions`. */
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { elpisError } from '../src/errors.ts'
import { apiServer } from './support/api-server.ts'
import { echo, error, fakeEngine, hanging, type FakeEngineOptions } from './support/fake-engine.ts'

const model = 'fake:1b'

async function serving(answer?: FakeEngineOptions['answer']) {
  const engine = fakeEngine(answer === undefined ? {} : { answer })
  const server = await apiServer(engine)
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 })
  return { engine, server, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

describe('several prompts', () => {
  const prompt = Array.from({ length: 20 }, (_, index) => `prompt number ${index}`)

  test('become choices in their order, whole and as a stream, with the usage of all', async () => {
    await using given = await serving()
    const asked = { model, prompt, n: 2, max_tokens: 100 }
    const whole = await given.client.completions.create(asked)
    expect(whole.choices.map(({ index, text }) => [index, text])).toEqual(
      prompt.flatMap((text, index) => [
        [2 * index, text],
        [2 * index + 1, text],
      ]),
    )
    expect(whole.usage).toMatchObject({ prompt_tokens: 60, completion_tokens: 120, total_tokens: 180 })
    const stream = await given.client.completions.create({
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
    })
    const texts = whole.choices.map(() => '')
    const reasons: unknown[] = []
    const totals: (number | null)[] = []
    for await (const { choices, usage } of stream) {
      for (const { index, text, finish_reason } of choices) {
        texts[index] += text
        if (finish_reason !== null) reasons[index] = finish_reason
      }
      totals.push(usage?.total_tokens ?? null)
    }
    expect(texts).toEqual(whole.choices.map(({ text }) => text))
    expect(totals.filter((total) => total !== null)).toEqual([180])
    expect(totals.at(-1)).toBe(180)
    expect(reasons).toEqual(whole.choices.map(({ finish_reason }) => finish_reason))
    expect(new Set(given.engine.requests.map(({ sampling }) => sampling.seed)).size).toBeGreaterThan(20)
  })

  test('are echoed in front of what continues them', async () => {
    await using given = await serving()
    const asked = { model, prompt: ['one ', 'two '], echo: true, max_tokens: 5 }
    const whole = await given.client.completions.create(asked)
    expect(whole.choices.map(({ text }) => text)).toEqual(['one one ', 'two two '])
    const texts = ['', '']
    for await (const { choices } of await given.client.completions.create({ ...asked, stream: true })) {
      for (const { index, text } of choices) texts[index] += text
    }
    expect(texts).toEqual(['one one ', 'two two '])
  })

  test('fail together, at once, when one does; no more than some run at a time', async () => {
    await using given = await serving((request) =>
      request.input.kind === 'text' && request.input.text === 'prompt number 3'
        ? [error(elpisError('context_exceeded', { prompt: 9, context: 4 }))]
        : hanging('...')(request),
    )
    const answer = await given.server.post('/v1/completions', { model, prompt })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { code: 'context_exceeded', param: 'prompt' } })
    expect(given.engine.calls.length).toBeLessThanOrEqual(8)
    await Promise.all(given.engine.calls.map(({ ended }) => ended))
  })

  test('end when the client leaves', async () => {
    await using given = await serving(hanging('...'))
    const leaving = new AbortController()
    const answer = given.server
      .post('/v1/completions', { model, prompt }, { signal: leaving.signal })
      .catch((error: unknown) => error)
    await given.engine.called(8)
    leaving.abort()
    await answer
    await Promise.all(given.engine.calls.map(({ ended }) => ended))
    expect(given.engine.calls).toHaveLength(8)
  })
})

test('token ids reach the engine as they are', async () => {
  await using given = await serving(echo)
  await given.client.completions.create({ model, prompt: [5, 6, 7] })
  await given.client.completions.create({ model, prompt: [[8], [9, 10]] })
  expect(given.engine.requests.map(({ input }) => input)).toEqual([
    { kind: 'tokens', tokens: [5, 6, 7] },
    { kind: 'tokens', tokens: [8] },
    { kind: 'tokens', tokens: [9, 10] },
  ])
})
