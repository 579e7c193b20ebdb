/** An upstream that does not do as it should gives a clear error, at once or within its time, never a hang or a crash. */
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Part } from '../src/core/part.ts'
import type { EngineRequest } from '../src/core/request.ts'
import type { UpstreamOptions } from '../src/engine/upstream/upstream-engine.ts'
import { fold } from '../src/pipeline/fold.ts'
import { engineRequest } from './support/engine-request.ts'
import {
  beginEvents,
  delta,
  done,
  event,
  finished,
  helloUsage,
  hostileUpstream,
  sayHello,
  sayModels,
  sendJson,
  type HostileUpstream,
} from './support/hostile-upstream.ts'
import { testUpstream, until, type TestUpstream } from './support/upstream-engines.ts'

let upstream: HostileUpstream
let tested: TestUpstream

beforeEach(async () => {
  upstream = await hostileUpstream()
  tested = await testUpstream([upstream.url])
})
afterEach(async () => {
  await tested[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

async function restart(changes: Partial<UpstreamOptions>) {
  await tested[Symbol.asyncDispose]()
  tested = await testUpstream([upstream.url], changes)
}

function ask(changes: Partial<EngineRequest> = {}): Promise<Part[]> {
  return Array.fromAsync(tested.engine.generate(engineRequest('small', 'Say hello.', changes)))
}

/** The error that ends an answer, which must be its last part. */
async function failure(changes: Partial<EngineRequest> = {}) {
  const parts = await ask(changes)
  const last = parts.at(-1)
  expect(parts.filter((part) => part.type === 'error')).toHaveLength(1)
  if (last?.type !== 'error') throw new Error(`It ended with ${last?.type}.`)
  return { error: last.error, before: parts.slice(0, -1) }
}

async function answer(changes: Partial<EngineRequest> = {}) {
  const request = engineRequest('small', 'Say hello.', changes)
  return await fold(tested.engine.generate(request), request.choices)
}

test('a good answer comes through as it is, and its usage is taken over', async () => {
  expect(await ask()).toEqual([
    { type: 'start', promptTokens: 3, cachedTokens: 0 },
    { type: 'text-delta', choice: 0, text: 'Hello', tokens: 2, logprobs: null },
    { type: 'finish', choice: 0, reason: 'stop' },
    { type: 'usage', usage: { promptTokens: 12, cachedTokens: 0, outputTokens: 2, reasoningTokens: 0 } },
  ])
  expect(upstream.requests[0]).toMatchObject({
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer secret-of-upstream' },
    body: { model: 'small', stream: true, stream_options: { include_usage: true } },
  })
})

describe('before an answer begins', () => {
  test('500 is an error that says what the upstream said, without the key', async () => {
    upstream.answer = (response) =>
      sendJson(response, 500, { error: { message: 'out of memory, key secret-of-upstream\u001b[31m' } })
    const { error, before } = await failure()
    expect(before).toEqual([])
    expect(error).toMatchObject({ code: 'upstream_failed', status: 502 })
    expect(error.message).toContain('out of memory')
    expect(error.message).not.toContain('secret-of-upstream')
    expect(error.message).not.toContain('\u001b')
    expect(upstream.requests).toHaveLength(1)
  })

  test('429 without a hint is passed on at once', async () => {
    upstream.answer = (response) => sendJson(response, 429, { error: { message: 'slow down' } })
    expect((await failure()).error).toMatchObject({ code: 'upstream_busy', status: 503, retryAfter: 1 })
    expect(upstream.requests).toHaveLength(1)
  })

  test('429 with a long Retry-After is passed on with it', async () => {
    upstream.answer = (response) => sendJson(response, 429, {}, { 'retry-after': '37' })
    expect((await failure()).error).toMatchObject({ code: 'upstream_busy', retryAfter: 37 })
    expect(upstream.requests).toHaveLength(1)
  })

  test('429 with a short Retry-After is waited for', async () => {
    upstream.answer = (response) => {
      upstream.answer = sayHello
      sendJson(response, 429, {}, { 'retry-after': '1' })
    }
    expect((await answer()).choices[0]?.text).toBe('Hello')
  })

  test.each([502, 503])('%i is tried again', async (status) => {
    upstream.answer = (response) => {
      upstream.answer = sayHello
      response.writeHead(status).end('<html>')
    }
    expect((await answer()).choices[0]?.text).toBe('Hello')
    expect(upstream.requests).toHaveLength(2)
  })

  test('a connection that is closed without a word is tried again, but not for ever', async () => {
    upstream.answer = (response) => void response.destroy()
    expect((await failure()).error).toMatchObject({ code: 'upstream_unavailable', status: 503 })
    expect(upstream.requests).toHaveLength(3)
  })

  test('400 is the client’s to mend', async () => {
    upstream.answer = (response) =>
      sendJson(response, 400, { error: { message: 'maximum context length is 2048 tokens' } })
    const { error } = await failure()
    expect(error).toMatchObject({ code: 'upstream_refused', status: 400 })
    expect(error.message).toContain('maximum context length is 2048 tokens')
  })

  test.each([401, 403])('%i is ours: what it says of the key goes nowhere', async (status) => {
    upstream.answer = (response) =>
      sendJson(response, status, { error: { message: 'Incorrect API key: secret-of-upstream' } })
    const { error } = await failure()
    expect(error).toMatchObject({ code: 'upstream_failed', status: 502 })
    expect(error.message).not.toContain('secret')
  })

  test('a redirect is never followed, so that no key goes elsewhere', async () => {
    await using elsewhere = await hostileUpstream()
    upstream.answer = (response) =>
      void response.writeHead(307, { location: `${elsewhere.url}/chat/completions` }).end()
    expect((await failure()).error.message).toContain('never followed')
    expect(elsewhere.requests).toEqual([])
  })

  test('an error page without end is not read to its end', async () => {
    upstream.answer = async (response, { over }) => {
      response.writeHead(500, { 'content-type': 'text/html' })
      const timer = setInterval(() => response.write('x'.repeat(50_000)), 1)
      await over
      clearInterval(timer)
    }
    expect((await failure()).error).toMatchObject({ code: 'upstream_failed' })
    expect(await upstream.requests[0]?.over).toBe('closed')
  })

  test('one that never answers is given up in time', async () => {
    await restart({ firstByteMilliseconds: 100 })
    upstream.answer = () => {}
    expect((await failure()).error.message).toContain('did not begin to answer in time')
    expect(upstream.requests).toHaveLength(1)
  })

  test.each(['application/json', 'text/html; charset=utf-8', ''])(
    'a content type of "%s" is no stream',
    async (type) => {
      upstream.answer = (response) => {
        if (type !== '') response.setHeader('content-type', type)
        response.end('{"choices":[]}')
      }
      expect((await failure()).error.message).toContain('not events')
    },
  )

  test('what is not HTTP is not taken for an answer', async () => {
    const server = createServer((socket) => void socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.6\r\n'))
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await using other = await testUpstream([`http://127.0.0.1:${port}/v1`])
    expect(other.events[0]).toMatchObject({
      type: 'upstream-ill',
      reason: expect.stringContaining('not HTTP') as string,
    })
    expect(other.engine.status()).toEqual([
      {
        model: 'test/*',
        state: { state: 'restarting', reason: expect.any(String) as string },
        active: 0,
        queued: 0,
      },
    ])
    server.close()
  })
})

describe('within an answer', () => {
  const begun = (text: string, then: 'end' | 'cut' | 'hang'): void => {
    upstream.answer = (response) => {
      beginEvents(response)
      response.write(delta('Hel') + text)
      if (then === 'end') response.end()
      if (then === 'cut') setImmediate(() => response.destroy())
    }
  }

  test.each([
    ['cut off after a whole event', '', 'cut', 'cut off'],
    ['ended before its finish', '', 'end', 'cut off'],
    ['ended in the middle of an event', 'data: {"choices":[{"ind', 'end', 'middle of an event'],
    ['cut in the middle of an event', 'data: {"choices":[{"ind', 'cut', 'cut off'],
    ['not valid JSON', 'data: {"choices":[}\n\n', 'hang', 'not as the protocol says'],
    ['JSON of another shape', event({ choices: 'none' }), 'hang', 'not as the protocol says'],
    ['text that is a number', event({ choices: [{ index: 0, delta: { content: 5 } }] }), 'hang', 'not as'],
    [
      'another choice than was asked for',
      event({ choices: [{ index: 7, delta: {} }] }),
      'hang',
      'not asked for',
    ],
    [
      'a tool call without a name',
      event({ choices: [{ delta: { tool_calls: [{ index: 0 }] } }] }),
      'hang',
      'tool calls',
    ],
    ['said to be over without a finish', done, 'hang', 'cut off'],
    ['an error', event({ error: { message: 'CUDA error: secret-of-upstream' } }), 'hang', 'CUDA error: …'],
    ['aborted', event({ choices: [{ index: 0, delta: {}, finish_reason: 'abort' }] }), 'hang', 'broke off'],
  ] as const)('an answer that is %s is an error', async (_what, text, then, reason) => {
    begun(text, then)
    const { error, before } = await failure()
    expect(error).toMatchObject({ code: 'upstream_failed', status: 502 })
    expect(error.message).toContain(reason)
    // What had come was passed on, and nobody was asked twice.
    expect(before.slice(0, 2).map(({ type }) => type)).toEqual(['start', 'text-delta'])
    expect(upstream.requests).toHaveLength(1)
    expect(await upstream.requests[0]?.over).toBe(then === 'end' ? 'complete' : 'closed')
  })

  test('silence ends it', async () => {
    await restart({ idleMilliseconds: 100 })
    begun('', 'hang')
    expect((await failure()).error.message).toContain('fell silent')
  })

  test.each([
    ['a line', 'x'],
    ['an event', 'data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n'],
  ])('%s without end is cut', async (_what, piece) => {
    upstream.answer = async (response, { over }) => {
      beginEvents(response)
      const timer = setInterval(() => response.write(piece.repeat(200_000 / piece.length)), 1)
      await over
      clearInterval(timer)
    }
    expect((await failure()).error.message).toContain('no end')
    expect(await upstream.requests[0]?.over).toBe('closed')
  })

  test('an answer that goes on far beyond its bound is cut', async () => {
    upstream.answer = async (response, { over }) => {
      beginEvents(response)
      const timer = setInterval(() => response.write(delta('blah '.repeat(1000)).repeat(10)), 1)
      await over
      clearInterval(timer)
    }
    expect((await failure({ maxTokens: 10 })).error.message).toContain('did not stop talking')
    expect(await upstream.requests[0]?.over).toBe('closed')
  })

  test('an end without [DONE], as some have it, is an end', async () => {
    upstream.answer = (response) => {
      beginEvents(response)
      response.end(delta('Hello') + finished)
    }
    expect((await answer()).choices[0]).toMatchObject({ text: 'Hello', reason: 'stop' })
  })

  test('comments, other fields, CRLF and data over several lines are read as the standard says', async () => {
    upstream.answer = (response) => {
      beginEvents(response)
      const split = delta('lo').replace('"choices"', '\r\ndata: "choices"').replaceAll(/\n\n$/g, '\r\n\r\n')
      response.end(`: ping\n\nid: 5\nevent: message\n${delta('Hel')}${split}${finished}${done}`)
    }
    expect((await answer()).choices[0]?.text).toBe('Hello')
  })

  test('nothing of what comes after the end is read', async () => {
    upstream.answer = (response) => {
      beginEvents(response)
      response.end(delta('Hello') + finished + delta(' and more') + done + 'data: }{\n\n')
    }
    expect((await answer()).choices[0]?.text).toBe('Hello')
  })

  test('whoever leaves takes the connection along', async () => {
    const leave = new AbortController()
    begun('', 'hang')
    const parts = tested.engine.generate(engineRequest('small', 'Say hello.', { signal: leave.signal }))
    await parts.next()
    await parts.next()
    leave.abort()
    expect(await Array.fromAsync(parts)).toMatchObject([
      { type: 'finish', reason: 'cancelled' },
      { type: 'usage' },
    ])
    expect(await upstream.requests[0]?.over).toBe('closed')
  })

  test('so does whoever returns the iterator', async () => {
    begun('', 'hang')
    for await (const part of tested.engine.generate(engineRequest('small', 'Say hello.'))) {
      if (part.type === 'text-delta') break
    }
    expect(await upstream.requests[0]?.over).toBe('closed')
    await until(() => tested.engine.status()[0]?.active === 0)
  })

  test('closing the engine ends what runs', async () => {
    begun('', 'hang')
    const parts = tested.engine.generate(engineRequest('small', 'Say hello.'))
    await parts.next()
    await tested.engine.close()
    expect((await Array.fromAsync(parts)).at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'shutting_down' },
    })
    expect((await failure()).error.code).toBe('shutting_down')
  })
})

describe('usage', () => {
  const withUsage = (usage: unknown): void => {
    upstream.answer = (response) => {
      beginEvents(response)
      response.end(
        delta('Hel') + delta('lo') + finished + (usage === null ? '' : event({ choices: [], usage })) + done,
      )
    }
  }

  test.each([
    ['is not given', null],
    ['is negative', { ...helloUsage, completion_tokens: -5 }],
    ['is text', { prompt_tokens: 'many', completion_tokens: 'few' }],
    ['is endless', { prompt_tokens: 12, completion_tokens: 1e300 }],
    ['is none for an answer that has text', { prompt_tokens: 12, completion_tokens: 0 }],
    ['is more than was asked for', { prompt_tokens: 12, completion_tokens: 101 }],
    ['is more than the prompt can have', { prompt_tokens: 1_000_000, completion_tokens: 2 }],
  ])('that %s is reckoned, and marked', async (_what, usage) => {
    withUsage(usage)
    expect((await answer({ maxTokens: 100 })).usage).toEqual({
      promptTokens: 3,
      cachedTokens: 0,
      outputTokens: 2,
      reasoningTokens: 0,
      estimated: true,
    })
  })

  test('a lie is logged', async () => {
    withUsage({ prompt_tokens: 12, completion_tokens: 101 })
    await answer({ maxTokens: 100 })
    expect(tested.events.at(-1)).toEqual({
      type: 'upstream-usage-unbelievable',
      upstream: 'test',
      model: 'small',
    })
  })

  test('cached and reasoning tokens are taken over', async () => {
    withUsage({
      ...helloUsage,
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 1 },
    })
    expect((await answer()).usage).toEqual({
      promptTokens: 12,
      cachedTokens: 8,
      outputTokens: 2,
      reasoningTokens: 1,
    })
  })
})

test('connections are used again', async () => {
  await answer()
  for (let count = 0; count < 20; count++) await answer()
  expect(upstream.connections).toBeLessThan(4)
})

test('a look at a sick server is repeated until it is well', async () => {
  await using sick = await hostileUpstream()
  sick.answerModels = (response) => sendJson(response, 500, {})
  await using other = await testUpstream([sick.url], { healthMilliseconds: 50 })
  expect(other.engine.status()[0]?.state.state).toBe('restarting')
  const [part] = await Array.fromAsync(other.engine.generate(engineRequest('small', 'hi')))
  expect(part).toMatchObject({
    type: 'error',
    error: {
      code: 'upstream_unavailable',
      message: 'No server behind the model "small" can be reached: status 500.',
    },
  })
  sick.answerModels = sayModels
  await until(() => other.engine.status()[0]?.state.state === 'ready')
  expect(other.engine.models()).toMatchObject([{ id: 'small', contextTokens: 2048, digest: null }])
})
