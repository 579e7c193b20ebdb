/** The doors for vectors, ranks and tokens, in front of a fake engine; and OpenAI's own client against a real model. */
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { settings } from '../src/config.ts'
import type { Engine } from '../src/core/engine.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import { elpisError } from '../src/errors.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { embeddingModelPath } from './support/embedding-model.ts'
import { fakeEngine } from './support/fake-engine.ts'

/** What the last call of each kind was asked. */
type Asked = Partial<Record<'embed' | 'rerank' | 'tokenize', unknown>>

/** A fake engine whose brief work the test decides. */
function engineWith(changes: Partial<Pick<Engine, 'embed' | 'rerank' | 'tokenize'>> = {}) {
  const asked: Asked = {}
  const base = fakeEngine()
  const engine: Engine = {
    ...base,
    embed: async (request) => {
      asked.embed = request
      const vectors = request.inputs.map((_, index) => Float32Array.of(0.1, index, -1.5))
      return { vectors, promptTokens: 7 }
    },
    rerank: async (request) => {
      asked.rerank = request
      const scores = request.documents.map((document) => document.length / 100)
      return { scores, method: 'cross-encoder', promptTokens: 9 }
    },
    tokenize: async (request) => {
      asked.tokenize = request
      return { tokens: [5, 6], contextTokens: 4096 }
    },
    ...changes,
  }
  return { engine, asked }
}

/** Never answers; `begun` gives the signal of its first request. */
function hangingEngine() {
  const begun = Promise.withResolvers<AbortSignal>()
  const hang = (request: { readonly signal: AbortSignal }) => {
    begun.resolve(request.signal)
    return new Promise<never>(() => undefined)
  }
  return { ...engineWith({ embed: hang, rerank: hang, tokenize: hang }), begun: begun.promise }
}

let server: ApiServer
const { engine, asked } = engineWith()
beforeAll(async () => {
  server = await apiServer(engine, { limits: { bodyBytes: 10_000_000 } })
})
afterAll(() => server[Symbol.asyncDispose]())

/** What the tests look at by itself; the rest is compared as it is. */
const answerSchema = z.looseObject({
  data: z
    .array(z.looseObject({ index: z.int(), embedding: z.union([z.array(z.number()), z.string()]) }))
    .optional(),
  results: z.array(z.looseObject({ index: z.int() })).optional(),
  error: z.looseObject({ param: z.string().nullable() }).optional(),
})

async function post(path: string, body: unknown) {
  const response = await server.post(path, body)
  return { status: response.status, body: answerSchema.parse(await response.json()) }
}

describe('POST /v1/embeddings', () => {
  test.each([
    ['one two', ['one two']],
    [
      ['one', 'two'],
      ['one', 'two'],
    ],
    [[3, 4], [[3, 4]]],
    [
      [[3, 4], [5]],
      [[3, 4], [5]],
    ],
  ])('reads the input %j', async (input, inputs) => {
    const { status, body } = await post('/v1/embeddings', { model: 'fake:1b', input, dimensions: 3 })
    expect(status).toBe(200)
    expect(asked.embed).toMatchObject({ inputs, dimensions: 3, model: 'fake:1b' })
    expect(body).toEqual({
      object: 'list',
      data: inputs.map((_, index) => ({
        object: 'embedding',
        index,
        embedding: [0.1, index, -1.5].map(Math.fround).map((value) => Number(value.toPrecision(9))),
      })),
      model: 'fake:1b',
      usage: { prompt_tokens: 7, total_tokens: 7 },
    })
    // What was written in nine digits is the same 32-bit float.
    expect(Math.fround(Number(body.data?.[0]?.embedding[0]))).toBe(Math.fround(0.1))
  })

  test('gives little-endian floats as base64', async () => {
    const { body } = await post('/v1/embeddings', { model: 'fake:1b', input: 'a', encoding_format: 'base64' })
    const bytes = Buffer.from(String(body.data?.[0]?.embedding), 'base64')
    expect([0, 4, 8].map((at) => bytes.readFloatLE(at))).toEqual([Math.fround(0.1), 0, -1.5])
  })

  test.each([
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: ['a', ''] }, 'input[1]'],
    [{ input: ['a', 1] }, 'input'],
    [{ input: [[1], []] }, 'input[1]'],
    [{ input: [1.5] }, 'input[0]'],
    [{ input: [-1] }, 'input[0]'],
    [{ input: Array.from({ length: 2049 }, () => 'a') }, 'input'],
    [{ input: 'a\uD800' }, 'input'],
    [{}, 'input'],
    [{ input: 'a', dimensions: 0 }, 'dimensions'],
    [{ input: 'a', encoding_format: 'hex' }, 'encoding_format'],
    [{ input: 'a', truncate: 'END' }, 'truncate'],
  ])('refuses %j', async (wrong, param) => {
    const { status, body } = await post('/v1/embeddings', { model: 'fake:1b', ...wrong })
    expect(status).toBe(400)
    expect(body.error?.param).toMatch(new RegExp(`^${param.replaceAll(/[[\]]/g, '\\$&')}`))
  })

  test('takes 2048 inputs', async () => {
    const input = Array.from({ length: 2048 }, () => 'a')
    expect((await post('/v1/embeddings', { model: 'fake:1b', input })).body.data).toHaveLength(2048)
  })
})

describe('POST /v1/rerank', () => {
  const documents = ['short', { text: 'the longest of them' }, 'a middle one']

  test('answers with the best first', async () => {
    const { status, body } = await post('/v1/rerank', { model: 'fake:1b', query: 'q', documents, top_n: 2 })
    expect(status).toBe(200)
    expect(asked.rerank).toMatchObject({
      query: 'q',
      documents: ['short', 'the longest of them', 'a middle one'],
    })
    expect(body).toEqual({
      id: expect.stringMatching(/^rerank-/),
      model: 'fake:1b',
      method: 'cross-encoder',
      results: [
        { index: 1, relevance_score: 0.19, document: { text: 'the longest of them' } },
        { index: 2, relevance_score: 0.12, document: { text: 'a middle one' } },
      ],
      usage: { prompt_tokens: 9, total_tokens: 9 },
    })
  })

  test('leaves the documents out when asked to', async () => {
    const { body } = await post('/v1/rerank', {
      model: 'fake:1b',
      query: 'q',
      documents,
      return_documents: false,
    })
    expect(body.results?.map((result) => Object.keys(result))).toEqual(
      Array.from({ length: 3 }, () => ['index', 'relevance_score']),
    )
  })

  test.each([
    [{ documents: [] }, 'documents'],
    [{ documents: ['a'], query: '' }, 'query'],
    [{ documents: ['a', 3] }, 'documents'],
    [{ documents: ['a'], top_n: 0 }, 'top_n'],
    [{ documents: ['a'], max_chunks_per_doc: 3 }, 'max_chunks_per_doc'],
  ])('refuses %j', async (wrong, param) => {
    const { status, body } = await post('/v1/rerank', { model: 'fake:1b', query: 'q', ...wrong })
    expect(status).toBe(400)
    expect(body.error?.param).toContain(param)
  })
})

describe('POST /v1/tokenize', () => {
  test('reads a text', async () => {
    const { status, body } = await post('/v1/tokenize', { model: 'fake:1b', prompt: 'Hi' })
    expect(status).toBe(200)
    expect(asked.tokenize).toMatchObject({ input: { kind: 'text', text: 'Hi' } })
    expect(body).toEqual({ count: 2, max_model_len: 4096, tokens: [5, 6], token_strs: null })
  })

  test('reads a conversation', async () => {
    await post('/v1/tokenize', {
      model: 'fake:1b',
      messages: [{ role: 'developer', content: [{ type: 'text', text: 'Hi' }] }],
    })
    expect(asked.tokenize).toMatchObject({
      input: { kind: 'chat', messages: [{ role: 'system', content: 'Hi' }] },
    })
  })

  test.each([
    [{}],
    [{ prompt: 'a', messages: [{ role: 'user', content: 'a' }] }],
    [{ prompt: 'a', add_special_tokens: false }],
    [{ prompt: 'a', model: '' }],
  ])('refuses %j', async (wrong) => {
    expect((await post('/v1/tokenize', { model: 'fake:1b', ...wrong })).status).toBe(400)
  })
})

const bodies = {
  '/v1/embeddings': { model: 'fake:1b', input: 'a' },
  '/v1/rerank': { model: 'fake:1b', query: 'q', documents: ['a'] },
  '/v1/tokenize': { model: 'fake:1b', prompt: 'a' },
}

describe.each(Object.entries(bodies))('%s goes through the pipeline', (path, body) => {
  test('and is closed to strangers', async () => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer elpis-wrong' },
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(401)
  })

  test.each([
    [
      'the server stops',
      (server: ApiServer) => server.shutdown.abort(elpisError('shutting_down')),
      'shutting_down',
    ],
    ['the key is revoked', (server: ApiServer) => server.access.revokeKey('test'), 'key_revoked'],
    ['time is up', () => undefined, 'answer_timeout'],
  ])('which ends it at once when %s, though the engine hangs', async (_when, end, code) => {
    const { engine, begun } = hangingEngine()
    await using slow = await apiServer(engine, { answerSeconds: code === 'answer_timeout' ? 0.05 : 60 })
    const answer = slow.post(path, body)
    const signal = await begun
    await Promise.resolve(end(slow))
    expect(await (await answer).json()).toMatchObject({ error: { code } })
    expect(signal.aborted).toBe(true)
  })

  test('which tells the engine when the client leaves', async () => {
    const { engine, begun } = hangingEngine()
    await using slow = await apiServer(engine)
    const leaving = new AbortController()
    const answer = slow.post(path, body, { signal: leaving.signal })
    const left = answer.catch((error: unknown) => String(error))
    const signal = await begun
    leaving.abort()
    expect(await left).toContain('AbortError')
    await vi.waitFor(() => expect(signal.aborted).toBe(true))
    await slow.drain()
  })

  test('and errors name the field', async () => {
    const refusing = () =>
      Promise.reject(elpisError('model_lacks_ability', { model: 'fake:1b', ability: 'sing' }))
    await using deaf = await apiServer(
      engineWith({ embed: refusing, rerank: refusing, tokenize: refusing }).engine,
    )
    expect(await (await deaf.post(path, body)).json()).toMatchObject({
      error: { code: 'model_lacks_ability', param: 'model' },
    })
  })
})

describe("OpenAI's client with a real model", () => {
  let real: ApiServer
  let embedder: EmbeddedEngine
  beforeAll(async () => {
    embedder = embeddedEngine({
      models: [
        {
          id: 'all-minilm:l6-v2',
          path: await embeddingModelPath(),
          digest: '0'.repeat(64),
          licence: 'Apache-2.0',
          createdAt: 0,
          abilities: ['embed', 'rerank'],
        },
      ],
      settings: { ...settings.parse({}).engine, context: 512 },
      queue: 16,
    })
    real = await apiServer(embedder)
  })
  afterAll(async () => {
    await real[Symbol.asyncDispose]()
    await embedder.close()
  })

  test('gets the same vectors as base64, its default, and as numbers', async () => {
    const client = new OpenAI({ baseURL: `${real.url}/v1`, apiKey: real.key, maxRetries: 0 })
    const input = ['The cat sits on the mat.', 'A kitten rests on a rug.', 'Revenue grew.']
    const packed = await client.embeddings.create({ model: 'all-minilm:l6-v2', input })
    const plain = await client.embeddings.create({
      model: 'all-minilm:l6-v2',
      input,
      encoding_format: 'float',
    })
    expect(packed.data.map(({ embedding }) => embedding.map(Math.fround))).toEqual(
      plain.data.map(({ embedding }) => embedding.map(Math.fround)),
    )
    expect(packed.data.map(({ embedding }) => embedding.length)).toEqual([384, 384, 384])
    expect(packed.usage.prompt_tokens).toBe(9 + 9 + 5)
    const [cat, kitten, revenue] = packed.data.map(({ embedding }) => embedding)
    const dot = (one: number[], other: number[]) =>
      one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)
    // 0.649409 by the reference of `embedding.test.ts`.
    expect(dot(cat!, kitten!)).toBeCloseTo(0.6494, 3)
    expect(dot(cat!, revenue!)).toBeLessThan(0.1)
    const { data } = await client.models.list()
    expect(data[0]).toMatchObject({
      id: 'all-minilm:l6-v2',
      abilities: ['embed', 'rerank'],
      context_tokens: 512,
    })
  })
})

test.each(['/v1/embeddings', '/api/embed'])(
  '%s lets others have their turn while it writes many vectors',
  async (path) => {
    let turn = 0
    const ticking = () => {
      turn++
      ticker = setImmediate(ticking)
    }
    let ticker = setImmediate(ticking)
    const turns = new Set<number>()
    const vectors = Array.from({ length: 32 }, () => {
      const vector = new Float32Array(4096).fill(0.5)
      const iterator = vector[Symbol.iterator].bind(vector)
      // Notes in which turn it is read.
      return Object.assign(vector, {
        [Symbol.iterator]: () => {
          turns.add(turn)
          return iterator()
        },
      })
    })
    const { engine: large } = engineWith({ embed: () => Promise.resolve({ vectors, promptTokens: 32 }) })
    await using given = await apiServer(large)
    const response = await given.post(path, { model: 'fake:1b', input: 'a' })
    clearImmediate(ticker)
    const body = (await response.json()) as { data?: { embedding: number[] }[]; embeddings?: number[][] }
    const written = body.embeddings ?? body.data?.map(({ embedding }) => embedding) ?? []
    expect([written.length, written[31]?.length, written[31]?.[4095]]).toEqual([32, 4096, 0.5])
    expect(turns.size).toBeGreaterThan(2)
  },
)
