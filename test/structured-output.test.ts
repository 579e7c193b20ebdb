/** Answers held to a form by the real model: whatever it would rather say, what comes out is valid. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '../src/engine/protocol.ts'
import { anyObjectRules, schemaRules } from '../src/engine/grammar/json-schema.ts'
import { realServer, type RealServer } from './support/real-server.ts'
import { EngineChild, greedy } from './support/engine-child.ts'
import { begins, tokenGrammar } from './support/grammar-walk.ts'
import { realModelPath } from './support/real-model.ts'
import { schemaTable } from './support/schema-table.ts'

const anyObject = anyObjectRules('')
const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 9 })
addFormats.default(ajv)

describe('in the process of the model', () => {
  let child: EngineChild
  beforeAll(async () => {
    child = new EngineChild()
    await child.load({ path: await realModelPath(), sequences: 8 })
  })
  afterAll(async () => {
    await child.close()
  })

  const ask = (question: string, job: Partial<Job>) =>
    child.run({
      prompt: [{ text: `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`, control: true }],
      maxTokens: 160,
      ...job,
    })

  const ends = { whole: 0, cut: 0 }
  test.each(schemaTable)(
    '%s',
    async (_, schema) => {
      const isValid = ajv.compile(schema)
      const grammar = schemaRules(schema, '')
      const runs = [
        { ...greedy },
        { ...greedy, temperature: 1, seed: 1 },
        { ...greedy, temperature: 1, seed: 2, topP: 0.9 },
        { ...greedy, temperature: 1.5, seed: 3, topK: 40 },
      ].map(async (sampling) => await ask('Write JSON.', { grammar, sampling }))
      for (const { choices, failure } of await Promise.all(runs)) {
        expect(failure).toBeNull()
        const { text, reason } = choices[0]!
        // A model that cannot stop is cut, but never strays.
        ends[reason === 'length' ? 'cut' : 'whole']++
        const isRight =
          reason === 'length'
            ? begins(tokenGrammar(grammar), text.replace(/\uFFFD$/, ''))
            : isValid(JSON.parse(text))
        expect([text, isRight]).toEqual([text, true])
      }
    },
    60_000,
  )

  test('most answers end by themselves', () => {
    expect(ends.whole).toBeGreaterThan(ends.cut * 8)
  })

  test('choices are held each for itself, and a limit cuts them', async () => {
    const { choices } = await ask('Write JSON.', {
      grammar: anyObject,
      choices: 4,
      sampling: { ...greedy, temperature: 1 },
      maxTokens: 5,
    })
    expect(choices).toHaveLength(4)
    for (const { text } of choices) {
      expect(text.startsWith('{')).toBe(true)
      expect([text, begins(tokenGrammar(anyObject), text)]).toEqual([text, true])
    }
    expect(choices.some(({ reason }) => reason === 'length')).toBe(true)
  })

  test('a tight form is the same text under every setting, and ends by itself', async () => {
    const grammar = { root: { kind: 'literal', text: 'Nothing but this.' }, rules: {} } as const
    for (const sampling of [
      greedy,
      { ...greedy, temperature: 2, seed: 5 },
      { ...greedy, temperature: 1, minP: 0.5 },
    ]) {
      for (const ignoreEos of [false, true]) {
        const { choices } = await ask('Hello?', { grammar, sampling, ignoreEos })
        expect(choices[0]).toMatchObject({ text: 'Nothing but this.', reason: 'stop' })
      }
    }
  })

  test('an answer that was in its form anyway is left as it is', async () => {
    const free = await ask('Say hello.', { maxTokens: 40 })
    const text = free.choices[0]?.text ?? ''
    const held = await ask('Say hello.', {
      maxTokens: 40,
      grammar: { root: { kind: 'until', texts: ['<call>'] }, rules: {} },
    })
    expect(text.length).toBeGreaterThan(0)
    expect(held.choices).toEqual(free.choices)
  })

  test('a grammar that cannot be followed fails its own job only', async () => {
    const letter = { kind: 'characters', ranges: [[0, 0x10_ffff]] } as const
    const many = (rule: object) => ({ kind: 'repeat', rule, least: 1, most: 9000 })
    const root = many(many(many(many(letter)))) as never
    const [wild, plain] = await Promise.all([
      ask('Write.', { grammar: { root, rules: {} }, sampling: { ...greedy, temperature: 1 } }),
      ask('Write.', { maxTokens: 8 }),
    ])
    expect(wild.failure).toMatchObject({
      type: 'failed',
      at: 'schema',
      reason: expect.stringContaining('cannot all be followed'),
    })
    expect(plain.failure).toBeNull()
  })
})

describe('over HTTP', () => {
  let given: RealServer
  let server: RealServer['server']
  let client: RealServer['client']
  let key: RealServer['key']

  beforeAll(async () => {
    given = await realServer()
    ;({ server, client, key } = given)
  })
  afterAll(async () => {
    await given[Symbol.asyncDispose]()
  })

  const schema = {
    type: 'object',
    properties: { city: { type: 'string', maxLength: 20 }, country: { enum: ['France', 'Spain'] } },
    required: ['city', 'country'],
    additionalProperties: false,
  }
  const question = {
    model: 'smollm2:135m',
    messages: [{ role: 'user' as const, content: 'What is the capital of France?' }],
    max_tokens: 100,
    seed: 4,
    response_format: { type: 'json_schema' as const, json_schema: { name: 'capital', strict: true, schema } },
  }

  test('the same form whole, as a stream, and with probabilities', async () => {
    const whole = await client.chat.completions.create({ ...question, logprobs: true, n: 2 })
    const isValid = ajv.compile(schema)
    for (const { message, finish_reason: reason, logprobs } of whole.choices) {
      expect(reason).toBe('stop')
      expect(isValid(JSON.parse(message.content ?? ''))).toBe(true)
      expect(logprobs?.content?.map(({ token }) => token).join('')).toBe(message.content)
    }
    const stream = await client.chat.completions.create({ ...question, stream: true })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
      whole.choices[0]?.message.content,
    )
  })

  test('json_object, and a stop string inside it', async () => {
    const answer = await client.chat.completions.create({
      ...question,
      max_tokens: 300,
      temperature: 0,
      response_format: { type: 'json_object' },
    })
    const [choice] = answer.choices
    expect(begins(tokenGrammar(anyObject), choice?.message.content ?? '?')).toBe(true)
    expect(choice?.message.content?.startsWith('{')).toBe(true)
    const stopped = await client.chat.completions.create({ ...question, stop: '"city"' })
    expect(stopped.choices[0]?.message.content).toMatch(/^\{\s*$/)
  })

  test.each<[object, string]>([
    [{ type: 'object', patternProperties: { '^a': {} } }, 'patternProperties'],
    [{ type: 'object', properties: { when: { type: 'string', format: 'week' } } }, '/properties/when'],
    [{ type: 'array', items: { not: {} } }, '"not"'],
    [{ type: 'object', properties: { me: { $ref: '#' } }, required: ['me'] }, 'always contains itself'],
  ])('%j is refused by name, before anything is computed', async (wrong, words) => {
    const refused = client.chat.completions.create({
      ...question,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'wrong', schema: wrong as Record<string, unknown> },
      },
    })
    await expect(refused).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_schema',
      param: 'response_format',
      message: expect.stringContaining(words),
    })
  })

  test('a response_format of a wrong shape is told where', async () => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...question,
        response_format: { type: 'json_schema', json_schema: { schema } },
      }),
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param: 'response_format.json_schema.name' } })
  })
})
