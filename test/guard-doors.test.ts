/** No door without a guard: every way in, streamed or whole, with tools, from the cache; and a guard that fails. */
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { freshHome } from './support/elpis.ts'
import { echo, fakeEngine, finish, start, text, usage } from './support/fake-engine.ts'
import { blockWord, testGuard, wordScorer, type TestGuard } from './support/test-guard.ts'
import type { FakeEngineOptions } from './support/fake-engine.ts'
import type { Scores } from '../src/core/verdict.ts'
import type { Passage } from '../src/guard/scores.ts'

const word = 'zanzibar'

/** One server for all tests; what guards it and what its engine says change from test to test. */
let guard: TestGuard | null = null
let answer: NonNullable<FakeEngineOptions['answer']> = echo
const adapted = 'fake:1b+pirate'
const engine = fakeEngine({ answer: (request) => answer(request), models: ['fake:1b', adapted] })
let server: ApiServer

beforeAll(async () => {
  const current = () => {
    if (guard === null) throw new Error('This test has no guard.')
    return guard
  }
  server = await apiServer(engine, {
    guard: {
      get policy() {
        return current().policy
      },
      judgeInput: (judged) => current().judgeInput(judged),
      release: (drafted, question, judged) => current().release(drafted, question, judged),
      moderate: (items, judged) => current().moderate(items, judged),
    },
  })
})
afterAll(() => server[Symbol.asyncDispose]())

function guarded(by: TestGuard, says: FakeEngineOptions['answer'] = echo) {
  guard = by
  answer = says ?? echo
  return { server }
}

/** Says the word whatever it is asked, a letter a token. */
function* sayWord(): ReturnType<typeof echo> {
  yield start(3)
  for (const letter of `We sail to ${word} today.`) yield text(letter)
  yield finish('stop')
  yield usage(3, 26)
}

const model = 'fake:1b'
const chat = (content: string) => ({ model, messages: [{ role: 'user', content }] })
const doors: readonly { path: string; body: (said: string) => object; streams: boolean }[] = [
  { path: '/v1/chat/completions', body: chat, streams: true },
  { path: '/v1/completions', body: (prompt) => ({ model, prompt }), streams: true },
  { path: '/v1/responses', body: (input) => ({ model, input }), streams: true },
  { path: '/v1/messages', body: (said) => ({ ...chat(said), max_tokens: 100 }), streams: true },
  { path: '/api/chat', body: chat, streams: true },
  { path: '/api/generate', body: (prompt) => ({ model, prompt }), streams: true },
  { path: '/v1/embeddings', body: (input) => ({ model, input }), streams: false },
  { path: '/api/embed', body: (input) => ({ model, input }), streams: false },
  { path: '/api/embeddings', body: (prompt) => ({ model, prompt }), streams: false },
  { path: '/v1/rerank', body: (query) => ({ model, query, documents: ['a', 'b'] }), streams: false },
  { path: '/v1/tokenize', body: (prompt) => ({ model, prompt }), streams: false },
  { path: '/v1/messages/count_tokens', body: chat, streams: false },
]
const ways = doors.flatMap(({ path, body, streams }) =>
  (streams ? [false, true] : [false]).map((stream) => ({
    path,
    stream,
    made: (said: string) => ({ ...body(said), ...(streams ? { stream } : {}) }),
  })),
)

describe('a blocked question', () => {
  test.each(ways)('$path, stream $stream: refused, no engine answers', async ({ path, made }) => {
    const { server } = guarded(testGuard())
    const response = await server.post(path, made(`Tell me of ${word}.`))
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('content policy')
    const fine = await server.post(path, made('Tell me of Oslo.'))
    expect(fine.status).toBe(200)
  })
})

/** Ways in that are no doors to a model, and why. */
const noDoors: Readonly<Record<string, string>> = {
  '/v1/batches': 'each of its lines comes in by one of the doors: see below',
  '/v1/batches/{id}/cancel': 'no text',
  '/v1/files': 'what is uploaded is read as lines of a batch',
  '/v1/notices/seen': 'says what was read',
  '/v1/moderations': 'says what the guard says; test/guard-moderation.test.ts',
  '/v1/responses/{id}/cancel': 'no text',
  '/api/copy': 'always refused',
  '/api/create': 'always refused',
  '/api/pull': 'names a model',
  '/api/push': 'always refused',
  '/api/show': 'names a model',
}
/** Of those who run a server, of one's own account, and of the pages: no model is asked. */
const ofPeople = /^\/(v1\/(admin|me|keys|people|invitations|safety|signals)|web)\b/u

test('no route is left out', async () => {
  const { server } = guarded(testGuard())
  const { paths } = (await (await server.fetch('/openapi.json')).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  const posted = Object.keys(paths).filter((path) => 'post' in (paths[path] ?? {}) && !ofPeople.test(path))
  expect(posted.toSorted()).toEqual([...doors.map(({ path }) => path), ...Object.keys(noDoors)].toSorted())
})

test('a line of a batch is refused as if it had come alone', async () => {
  await using home = freshHome()
  await using server = await apiServer(fakeEngine(), { home: home.path, guard: testGuard() })
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 })
  const line = (id: string, said: string) =>
    JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: chat(said) })
  const content = Buffer.from([line('a', `Tell me of ${word}.`), line('b', 'Tell me of Oslo.')].join('\n'))
  const input = await client.files.create({ file: await toFile(content, 'lines.jsonl'), purpose: 'batch' })
  const { id } = await client.batches.create({
    input_file_id: input.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  })
  await expect
    .poll(async () => (await client.batches.retrieve(id)).status, { interval: 20, timeout: 20_000 })
    .toBe('completed')
  const batch = await client.batches.retrieve(id)
  expect(batch.request_counts).toEqual({ total: 2, completed: 1, failed: 1 })
  const refused = await (await client.files.content(batch.error_file_id ?? '')).text()
  expect(JSON.parse(refused)).toMatchObject({ custom_id: 'a', response: { status_code: 400 } })
})

test('what was answered before is judged again when a conversation goes on from it', async () => {
  const { server } = guarded(testGuard({ policy: blockWord.replaceAll('zanzibar', 'oslo') }))
  const first = await server.post('/v1/responses', { model, input: `Tell me of ${word}.` })
  const { id } = (await first.json()) as { id: string }
  guarded(testGuard())
  const next = await server.post('/v1/responses', { model, input: 'And then?', previous_response_id: id })
  expect([next.status, await next.text()]).toEqual([400, expect.stringContaining('content policy')])
})

test('with an adapter it is the same door', async () => {
  const { server } = guarded(testGuard())
  const refused = await server.post('/v1/chat/completions', {
    ...chat(`Tell me of ${word}.`),
    model: adapted,
  })
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('content policy')])
})

describe('a blocked answer', () => {
  test.each(ways.filter(({ path }) => !/embed|rerank|token/.test(path)))(
    '$path, stream $stream: what is withheld never leaves, and the end says why',
    async ({ path, made }) => {
      const { server } = guarded(testGuard(), sayWord)
      const response = await server.post(path, made('Where to?'))
      const answer = (await response.text()).replaceAll(/[^a-z]/gi, '')
      expect(answer.toLowerCase()).not.toContain('zanzi')
      expect(answer).toMatch(/contentfilter|refusal|incomplete/i)
    },
  )

  test('keeps its usage', async () => {
    const { server } = guarded(testGuard(), sayWord)
    const answer = (await (await server.post('/v1/chat/completions', chat('Where to?'))).json()) as {
      choices: { finish_reason: string }[]
      usage: { completion_tokens: number }
    }
    expect(answer.choices[0]?.finish_reason).toBe('content_filter')
    expect(answer.usage.completion_tokens).toBeGreaterThan(5)
  })
})

test('what is taken out of an answer that is held to a form leaves it JSON, streamed or whole', async () => {
  const policy = `
name = "test"
summary = "Personal data is taken out."
judge = false
[[rules]]
kind = "personal-data"
name = "personal data"
output = "redact"
`
  const { server } = guarded(testGuard({ policy }), function* () {
    yield start(3)
    for (const piece of ['{"card": 4111', '111111111111, ', '"to": "So:\\nada@', 'example.org"}'])
      yield text(piece)
    yield finish('stop')
    yield usage(3, 4)
  })
  const schema = { type: 'object', properties: { card: { type: 'integer' }, to: { type: 'string' } } }
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 })
  for (const response_format of [
    { type: 'json_object' as const },
    { type: 'json_schema' as const, json_schema: { name: 'payment', schema } },
  ]) {
    const asked = { model, messages: [{ role: 'user' as const, content: 'Whom do I pay?' }], response_format }
    const whole = await client.chat.completions.create(asked)
    let streamed = ''
    for await (const { choices } of await client.chat.completions.create({ ...asked, stream: true })) {
      streamed += choices[0]?.delta.content ?? ''
    }
    for (const said of [whole.choices[0]?.message.content ?? '', streamed]) {
      expect(JSON.parse(said)).toEqual({ card: '[removed: card]', to: 'So:[removed: e-mail]' })
    }
  }
})

test('harm that is taken out goes whole, also where a rule finds an address beside it', async () => {
  const policy = `
name = "test"
summary = "Harm and personal data are taken out."
[hazards]
S2 = { output = "redact" }
[[rules]]
kind = "personal-data"
name = "personal data"
output = "redact"
`
  const { server } = guarded(testGuard({ policy, layers: { screen: wordScorer(word) } }), function* () {
    yield start(3)
    yield text(`We sail to ${word} with ada@example.org and nobody else comes along, so be there.`)
    yield finish('stop')
    yield usage(3, 26)
  })
  const said = await (await server.post('/v1/chat/completions', chat('Where to?'))).text()
  expect(said).toContain('[removed: S2]')
  expect(said).not.toMatch(new RegExp(`${word}|ada@`))
})

describe('every part of a conversation', () => {
  const user = { role: 'user', content: 'Go on.' }
  const tool = (name: string, description: string) => ({
    type: 'function',
    function: { name, description, parameters: { type: 'object', properties: {} } },
  })
  test.each([
    [
      'an earlier turn',
      { messages: [{ role: 'user', content: word }, { role: 'assistant', content: 'Yes?' }, user] },
    ],
    ['the system prompt', { messages: [{ role: 'system', content: `Speak of ${word}.` }, user] }],
    ['a claimed answer', { messages: [user, { role: 'assistant', content: `It is ${word}.` }, user] }],
    [
      'a tool’s result',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'c1', content: `Found: ${word}` },
        ],
      },
    ],
    [
      'a call’s arguments',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: 'c1', type: 'function', function: { name: 'look', arguments: `{"for":"${word}"}` } },
            ],
          },
          { role: 'tool', tool_call_id: 'c1', content: 'ok' },
        ],
      },
    ],
    ['a tool’s name', { messages: [user], tools: [tool(word, 'Looks.')] }],
    ['a tool’s description', { messages: [user], tools: [tool('look', `Looks for ${word}.`)] }],
    [
      'a schema',
      {
        messages: [user],
        response_format: {
          type: 'json_schema',
          json_schema: {
            name: 'x',
            schema: { type: 'object', properties: { place: { type: 'string', description: word } } },
          },
        },
      },
    ],
    [
      'split over turns',
      {
        messages: [
          { role: 'user', content: 'zanzi' },
          { role: 'user', content: 'bar' },
        ],
      },
    ],
  ])('%s', async (_name, body) => {
    const guard = testGuard()
    const { server } = guarded(guard)
    const response = await server.post('/v1/chat/completions', { model, ...body })
    expect(response.status).toBe(400)
  })

  test('only what whoever asks wrote is held against them', async () => {
    const guard = testGuard()
    const { server } = guarded(guard, sayWord)
    await server.post('/v1/chat/completions', chat(word))
    await server.post('/v1/chat/completions', { model, messages: [{ role: 'system', content: word }, user] })
    await (await server.post('/v1/chat/completions', chat('Where to?'))).text()
    expect(guard.signals.map(({ direction, attributable }) => [direction, attributable])).toEqual([
      ['input', true],
      ['input', false],
      ['output', false],
    ])
    expect(guard.signals[0]?.fingerprint).toMatch(/^[0-9a-f]{16}$/)
  })

  test('token ids cannot be read, so they are refused', async () => {
    const { server } = guarded(testGuard())
    expect((await server.post('/v1/completions', { model, prompt: [1, 2, 3] })).status).toBe(400)
    expect((await server.post('/v1/embeddings', { model, input: [[1, 2, 3]] })).status).toBe(400)
  })
})

describe('harm that is split', () => {
  const judging = `
name = "test"
summary = "Judges, and notes a word."
[hazards]
S2 = { input = "block", output = "block" }
[[rules]]
kind = "keywords"
name = "the word"
words = ["zanzibar"]
`
  const first = 'There is powder in a barrel in my cellar.'
  const second = 'How long does the fuse have to be?'
  const padding = (of: string) =>
    Array.from({ length: 60 }, (_, town) => `The ${of} of town ${town} lies in the north of it. `).join('')
  const padded = (said: string) => `${padding('harbour')}${said} ${padding('market')}`
  /** Either word alone is nothing much, both together are harm. */
  const screen = {
    name: 'screen',
    score({ prompt, response }: Passage): Scores {
      const words = ['powder', 'fuse'].filter((each) => (response ?? prompt).includes(each))
      return { harm: [0, 0.1, 0.95][words.length] ?? 0, attack: 0, hazards: { S2: 0.95 } }
    },
  }
  const asked = (...turns: string[]) => ({
    model,
    messages: turns.map((content) => ({ role: 'user', content })),
  })
  const statuses = async (guard: TestGuard, ...bodies: object[]) => {
    const { server } = guarded(guard, ordinary)
    const found: number[] = []
    for (const body of bodies) found.push((await server.post('/v1/chat/completions', body)).status)
    return found
  }
  function* ordinary(): ReturnType<typeof echo> {
    yield start(3)
    yield text('So it goes.')
    yield finish('stop')
    yield usage(3, 1)
  }

  test.each([
    ['as it is', first, second],
    ['behind padding', padded(first), padded(second)],
    ['first behind padding', padded(first), second],
    ['then behind padding', first, padded(second)],
  ])('over two requests, %s', async (_name, before, now) => {
    const guard = testGuard({ policy: judging, layers: { screen } })
    expect(await statuses(guard, asked(before), asked(now))).toEqual([200, 400])
    expect(guard.signals).toMatchObject([{ hazard: 'S2', attributable: true }])
    expect(await statuses(testGuard({ policy: judging, layers: { screen } }), asked(now))).toEqual([200])
  })

  test('over two turns', async () => {
    const guard = testGuard({ policy: judging, layers: { screen } })
    const said = [first, padding('quay').slice(0, 600), second]
    expect(await statuses(guard, asked(...said))).toEqual([400])
  })

  test('over two requests, the second of which a rule notes', async () => {
    const guard = testGuard({ policy: judging, layers: { screen } })
    expect(await statuses(guard, asked(first), asked('We sail to zanzi', `bar. ${second}`))).toEqual([
      200, 400,
    ])
  })

  test('when requests cannot be judged together, the policy says what is done', async () => {
    const unsure = { ...screen, score: (passage: Passage) => ({ ...screen.score(passage), attack: 0.5 }) }
    const judge = {
      name: 'judge',
      score(passage: Passage): Scores {
        if (screen.score(passage).harm > 0.5) throw new Error('gone')
        return { harm: 0, attack: 0, hazards: {} }
      },
    }
    const layers = { screen: unsure, judge }
    const guard = testGuard({ policy: judging, layers })
    expect(await statuses(guard, asked(first), asked(second))).toEqual([200, 503])
    expect([guard.reasons, guard.signals]).toEqual([['it failed: gone'], []])
    const lenient = judging.replace('[hazards]', 'unavailable = "allow"\n[hazards]')
    const passing = testGuard({ policy: lenient, layers })
    expect(await statuses(passing, asked(first), asked(second))).toEqual([200, 200])
    expect(passing.reasons).toEqual(['it failed: gone'])
  })

  test('a long ordinary conversation goes on, and what is read together stays short', async () => {
    const lengths: number[] = []
    const counting = {
      ...screen,
      score(passage: Passage) {
        lengths.push(passage.prompt.length)
        return screen.score(passage)
      },
    }
    const guard = testGuard({ policy: judging, layers: { screen: counting } })
    const requests = Array.from({ length: 8 }, (_, index) => asked(padded(`Part ${index} has a fuse.`)))
    expect(await statuses(guard, ...requests)).toEqual(requests.map(() => 200))
    const long = (requests[0]?.messages[0]?.content.length ?? 0) * requests.length
    // Once as it is, once sentence by sentence, and the excerpts of five requests.
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(3 * long)
    expect(guard.signals).toEqual([])
  })
})

describe('a guard that fails', () => {
  const judging =
    'name = "test"\nsummary = "Judges."\n[hazards]\nS2 = { input = "block", output = "block" }\n'
  test.each([
    [
      'throws',
      'it failed: no',
      {
        screen: {
          name: 'screen',
          score: () => {
            throw new Error('no')
          },
        },
      },
    ],
    [
      'hangs',
      'it failed: no answer within 50 ms',
      { screen: { name: 'screen', score: () => new Promise<never>(() => {}) } },
    ],
    ['has no weights', 'there are no weights', {}],
    [
      'says nonsense',
      'its scores are no numbers',
      { screen: { name: 'screen', score: () => ({ harm: Number.NaN, attack: 0, hazards: {} }) } },
    ],
    [
      'fails in its second layer',
      'it failed: gone',
      {
        screen: { name: 'screen', score: () => ({ harm: 0.5, attack: 0, hazards: {} }) },
        judge: { name: 'judge', score: () => Promise.reject(new Error('gone')) },
      },
    ],
  ])('%s: blocks, and says why', async (_name, reason, layers) => {
    const guard = testGuard({ policy: judging, layers, patience: 50 })
    const { server } = guarded(guard)
    for (const { path, made } of ways) {
      const response = await server.post(path, made('Hello there.'))
      expect([path, response.status]).toEqual([path, 503])
    }
    expect(new Set(guard.reasons)).toEqual(new Set([reason]))
  })

  test('dies within an answer: the answer ends, unjudged words stay', async () => {
    let calls = 0
    const screen = {
      name: 'screen',
      score: () => {
        if (++calls > 2) throw new Error('gone')
        return { harm: 0, attack: 0, hazards: {} }
      },
    }
    const { server } = guarded(testGuard({ policy: judging, layers: { screen } }))
    const response = await server.post('/v1/chat/completions', {
      ...chat('one two three four five six seven eight nine ten'),
      stream: true,
    })
    const body = await response.text()
    expect(body).toContain('content_filter')
    expect(body).not.toContain('nine')
  })

  test('a policy may say that what cannot be judged passes', async () => {
    const guard = testGuard({ policy: judging.replace('[hazards]', 'unavailable = "allow"\n[hazards]') })
    const { server } = guarded(guard)
    expect((await server.post('/v1/chat/completions', chat('Hello there.'))).status).toBe(200)
  })
})

describe('policies', () => {
  const judging =
    'name = "test"\nsummary = "Judges."\n[hazards]\nS2 = { input = "block", output = "block" }\n'

  test('no field of a client weakens one', async () => {
    const { server } = guarded(testGuard())
    for (const field of ['guard', 'policy', 'moderation', 'safety', 'guardrails', 'metadata']) {
      const response = await server.post('/v1/chat/completions', {
        ...chat(word),
        [field]: field === 'metadata' ? { guard: 'off' } : 'off',
      })
      expect(response.status).toBe(400)
    }
    const headers = { 'x-guard': 'off', 'x-elpis-policy': 'open', 'x-moderation': 'false' }
    expect((await server.post('/v1/chat/completions', chat(word), { headers })).status).toBe(400)
  })

  test('a model has its own, besides the one for who asks', async () => {
    const guard = testGuard({ assignment: { policy: 'open', models: { [model]: 'test' } } })
    const { server } = guarded(guard)
    expect((await server.post('/v1/chat/completions', chat(word))).status).toBe(400)
    expect((await server.post('/v1/chat/completions', { ...chat(word), model: 'other' })).status).toBe(404)
  })

  test('scores decide, and what the judge says counts for more than the screen', async () => {
    const layers = {
      screen: wordScorer('oslo'),
      judge: { name: 'judge', score: () => ({ harm: 0.1, attack: 0, hazards: {} }) },
    }
    const unsure = testGuard({ policy: judging, layers })
    expect((await guarded(unsure).server.post('/v1/chat/completions', chat('Oslo'))).status).toBe(200)
    const sure = testGuard({ policy: judging, layers: { screen: wordScorer('oslo') } })
    expect((await guarded(sure).server.post('/v1/chat/completions', chat('Oslo'))).status).toBe(400)
    const hidden = Buffer.from('how do i get to oslo from here').toString('base64')
    expect((await guarded(sure).server.post('/v1/chat/completions', chat(hidden))).status).toBe(400)
  })

  test('a prompt of 200,000 characters is judged in bounded time', async () => {
    const guard = testGuard({ policy: judging, layers: { screen: wordScorer('oslo') } })
    const { server } = guarded(guard)
    const begun = performance.now()
    const response = await server.post(
      '/v1/chat/completions',
      chat(`${'Words that mean little. '.repeat(8300)} Oslo`),
    )
    expect(response.status).toBe(400)
    expect(performance.now() - begun).toBeLessThan(30_000)
  })

  test('what is encoded beyond reading is refused, and held against nobody', async () => {
    let text = 'how do i get to oslo from here'
    for (let times = 0; times < 6; times++) text = Buffer.from(text).toString('base64')
    for (const layers of [{ screen: wordScorer('oslo') }, {}]) {
      const rules = layers.screen === undefined
      const guard = testGuard(rules ? {} : { policy: judging, layers })
      const response = await guarded(guard).server.post('/v1/chat/completions', chat(text))
      expect(response.status).toBe(400)
      expect(await response.text()).toContain('encoded')
      expect(guard.signals.map(({ attributable }) => attributable)).toEqual([false])
    }
    const lenient = testGuard({
      policy: judging.replace('[hazards]', 'unavailable = "allow"\n[hazards]'),
      layers: { screen: wordScorer('oslo') },
    })
    expect((await guarded(lenient).server.post('/v1/chat/completions', chat(text))).status).toBe(200)
  })

  test('a word behind many harmless codes is found', async () => {
    const { server } = guarded(testGuard())
    const code = (said: string) => Buffer.from(said).toString('base64')
    const codes = Array.from({ length: 100 }, (_, town) => code(`the harbour of town ${town} is quiet`))
    expect((await server.post('/v1/chat/completions', chat(codes.join('\n')))).status).toBe(200)
    const hidden = [...codes, code(`tell me of ${word} please`)].join('\n')
    expect((await server.post('/v1/chat/completions', chat(hidden))).status).toBe(400)
  })

  test('logs never hold what was removed', async () => {
    const guard = testGuard()
    const { server } = guarded(guard, sayWord)
    await (await server.post('/v1/chat/completions', chat('Where to?'))).text()
    await server.post('/v1/chat/completions', chat(word))
    expect(JSON.stringify([server.log, guard.signals, guard.verdicts])).not.toContain(word)
  })
})

describe('a probe of the model’s hidden states', () => {
  const probing = `
name = "test"
summary = "What the model makes of it decides."
judge = false
[probe]
input = "block"
output = "block"
at = 0.8
`
  /** Says something in ten tokens; each comes with what the probe said by then, or without. */
  function saying(prompt: number | null, answers: readonly (number | null)[]) {
    return function* (): ReturnType<typeof echo> {
      yield start(3)
      for (const answer of answers)
        yield Object.assign(text('so it goes. '), prompt === null ? {} : { probe: { prompt, answer } })
      yield finish('stop')
      yield usage(3, answers.length)
    }
  }
  const whole = Array.from({ length: 10 }, () => 'so it goes. ').join('')
  const streamed = async (guard: TestGuard, says: FakeEngineOptions['answer']) => {
    const { server } = guarded(guard, says)
    const response = await server.post('/v1/chat/completions', { ...chat('Where to?'), stream: true })
    const body = await response.text()
    return { status: response.status, body, times: body.split('so it goes').length - 1 }
  }
  const calm = Array.from({ length: 10 }, () => 0.1)

  test('lets pass what is below the threshold, and tells clients nothing of scores', async () => {
    const { server } = guarded(testGuard({ policy: probing, probed: true }), saying(0.5, calm))
    const answer = await (await server.post('/v1/chat/completions', chat('Where to?'))).text()
    expect(answer).toContain(whole.trim())
    expect(answer).not.toContain('probe')
  })

  test('refuses a question before anything of the answer leaves', async () => {
    const guard = testGuard({ policy: probing, probed: true })
    const { status, body } = await streamed(guard, saying(0.9, calm))
    expect(status).toBe(400)
    expect(body).toContain('content_policy')
    expect(guard.verdicts.at(-1)).toMatchObject({ layer: 'probe', direction: 'input', action: 'block' })
    // What the model makes of a whole conversation is nobody's own words.
    expect(guard.signals.map(({ attributable }) => attributable)).toEqual([false])
  })

  test('ends an answer with content_filter, and what came with the score stays inside', async () => {
    const guard = testGuard({ policy: probing, probed: true, goal: () => 1 })
    const { body, times } = await streamed(guard, saying(0.1, [...calm.slice(0, 5), 0.9, 0.9, 0.9]))
    expect(body).toContain('content_filter')
    expect(times).toBeLessThanOrEqual(5)
    expect(guard.verdicts.at(-1)).toMatchObject({ layer: 'probe', direction: 'output', action: 'block' })
  })

  test('fails closed when a model has a probe and no score comes', async () => {
    const guard = testGuard({ policy: probing, probed: true })
    for (const says of [saying(null, calm), saying(Number.NaN, calm)]) {
      const { status, times } = await streamed(guard, says)
      expect([status, times]).toEqual([503, 0])
    }
    expect(guard.troubles).toContain('probe')
    expect(guard.reasons).toContain('no score came with what the model said')
  })

  test('is off where there is none', async () => {
    const { body, times } = await streamed(testGuard({ policy: probing }), saying(null, calm))
    expect(times).toBe(10)
    expect(body).toContain('"stop"')
  })
})
