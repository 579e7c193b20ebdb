/** The edge under hostile and unlucky conditions: who may come in, what is bounded, how it ends. */
import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { elpisError } from '../src/errors.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { error, fakeEngine, finish, hanging, saying, start, text, usage } from './support/fake-engine.ts'

const question = { model: 'fake:1b', messages: [{ role: 'user', content: 'hello' }] }

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly code: string | null
}

/** A request whose every header can be chosen, which `fetch` does not allow. */
async function ask(
  { port }: ApiServer,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const asking = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false })
  asking.end(body)
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  const answered = await textOf(response)
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: answered,
    code: codeIn(answered),
  }
}

/** Bytes as they are, and all that comes back. */
async function raw({ port }: ApiServer, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(bytes)
  return await textOf(socket)
}

function codeIn(body: string): string | null {
  try {
    return (JSON.parse(body) as { error?: { code: string } }).error?.code ?? null
  } catch {
    return null
  }
}

const json = { 'content-type': 'application/json' }

describe('a door', () => {
  const closedPaths = [
    ['GET', '/v1/models'],
    ['HEAD', '/v1/models'],
    ['GET', '/v1/models/fake:1b'],
    ['GET', '/v1/models/fake%3A1b'],
    ['GET', '/v1/models/a/b/c'],
    ['GET', '/v1/models/'],
    ['GET', '/%76%31/models'],
    ['GET', '/v1/models?x=/health'],
    ['GET', '/v1/models#/health'],
    ['GET', '/v1/nothing'],
    ['GET', '/v1'],
    ['GET', '/v1/'],
    ['POST', '/v1/chat/completions'],
    ['POST', '/v1/chat/completions?key=1'],
    ['POST', '/v1/completions'],
    ['POST', '/v1/nothing'],
    ['PUT', '/v1/nothing'],
    ['POST', '/v1/messages'],
    ['POST', '/v1/messages/count_tokens'],
    ['GET', '/v1/messages/nothing'],
    ['GET', '/api/tags'],
    ['GET', '/api/version'],
    ['POST', '/api/chat'],
    ['POST', '/api/generate'],
    ['POST', '/api/embed'],
    ['POST', '/api/pull'],
    ['GET', '/api'],
    ['GET', '/api/nothing'],
    ['DELETE', '/api/delete'],
  ] as const
  const credentials: Record<string, string>[] = [
    {},
    { authorization: 'Bearer elpis-wrong' },
    { authorization: 'bearer ' },
    { authorization: 'Basic YTpi' },
    { authorization: "Bearer ' OR 1=1 --" },
    { authorization: `Bearer ${'x'.repeat(5000)}` },
    { 'x-api-key': 'elpis-wrong' },
    { 'x-api-key': '' },
    { cookie: 'elpis_session=wrong' },
    { cookie: 'elpis_session=; elpis_session=wrong' },
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-original-url': '/health' },
  ]
  test('of the API opens to no wrong credential, over every header and every way to write its path', async () => {
    const engine = fakeEngine()
    await using server = await apiServer(engine)
    for (const [method, path] of closedPaths) {
      for (const headers of credentials) {
        const body = method === 'POST' ? JSON.stringify(question) : undefined
        const { status } = await ask(server, path, {
          method,
          headers: { host: 'localhost', ...json, ...headers },
          ...(body === undefined ? {} : { body }),
        })
        expect([method, path, headers, status]).toEqual([method, path, headers, 401])
      }
    }
    expect(engine.calls).toHaveLength(0)
  })

  test('of the API opens to a right key in either header, and a wrong one beside it closes it', async () => {
    await using server = await apiServer(fakeEngine())
    const status = async (headers: Record<string, string>) =>
      (await ask(server, '/v1/models', { headers: { host: 'localhost', ...headers } })).status
    expect(await status({ authorization: `Bearer ${server.key}` })).toBe(200)
    expect(await status({ authorization: `BEARER   ${server.key} ` })).toBe(200)
    expect(await status({ 'x-api-key': server.key })).toBe(200)
    expect(await status({ authorization: 'Bearer wrong', 'x-api-key': server.key })).toBe(401)
    expect(await status({ authorization: `Bearer ${server.key}x` })).toBe(401)
    expect(await status({ authorization: `Bearer ${server.key.slice(0, -1)}` })).toBe(401)
    for (const header of [`authorization: Bearer ${server.key}\0`, `x-api-key: \0${server.key}`]) {
      const answer = await raw(server, `GET /v1/models HTTP/1.1\r\nhost: localhost\r\n${header}\r\n\r\n`)
      expect([header, answer.split('\r\n', 1)]).toEqual([header, ['HTTP/1.1 400 Refused']])
    }
  })

  test('under another spelling is no door at all', async () => {
    await using server = await apiServer(fakeEngine())
    for (const path of [
      '//v1/models',
      '/V1/models',
      '/v1//models',
      '/./v1/models',
      '/x/../v1/models',
      '/v1%2Fmodels',
    ]) {
      const { status } = await ask(server, path, {
        headers: { host: 'localhost', authorization: `Bearer ${server.key}` },
      })
      expect([path, status]).toEqual([path, 404])
    }
  })

  test('says which methods it answers', async () => {
    await using server = await apiServer(fakeEngine())
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const { status, headers, code } = await ask(server, '/v1/chat/completions', {
        method,
        headers: { host: 'localhost' },
      })
      expect([method, status, code, headers.allow]).toEqual([method, 405, 'method_not_allowed', 'POST'])
    }
    const { headers } = await ask(server, '/health', { method: 'POST', headers: { host: 'localhost' } })
    expect(headers.allow).toBe('GET, HEAD')
  })
})

describe('a browser', () => {
  const foreign = [
    'evil.example',
    'evil.example:4141',
    'localhost.evil.example',
    'localhost@evil.example',
    '127.0.0.1.nip.io',
    '192.168.1.7',
    '0.0.0.0',
    '[::2]',
    '[::ffff:127.0.0.1]',
    'localhost:99999999',
    'local host',
  ]
  const own = [
    'localhost',
    'LOCALHOST:80',
    'localhost:4141',
    '127.0.0.1',
    '127.0.0.1:1',
    '[::1]',
    '[::1]:4141',
  ]

  test('is refused under a foreign host name, whatever it asks', async () => {
    await using server = await apiServer(fakeEngine())
    for (const path of ['/', '/health', '/v1/models', '/web/session', '/nowhere', '/openapi.json']) {
      for (const host of foreign) {
        const { status, code } = await ask(server, path, {
          headers: { host, authorization: `Bearer ${server.key}` },
        })
        expect([path, host, status, code]).toEqual([path, host, 403, 'host_refused'])
      }
    }
    for (const host of own) {
      const { status } = await ask(server, '/health', { headers: { host } })
      expect([host, status]).toEqual([host, 200])
    }
    expect(await raw(server, 'GET /health HTTP/1.0\r\n\r\n')).toContain('host_refused')
    expect(await raw(server, 'GET /health HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n')).toContain(
      'host_refused',
    )
    expect(await raw(server, 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n')).toContain('host_refused')
    const absolute = `GET http://localhost/v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`
    expect(await raw(server, absolute)).toContain('must be a path')
  })

  test('is let in under the names that the settings allow', async () => {
    const edge = { bind: '10.1.2.3', allowedHosts: ['Elpis.example'], allowedOrigins: [] }
    await using server = await apiServer(fakeEngine(), { edge })
    for (const host of ['elpis.example', 'ELPIS.example:443', '10.1.2.3:4141']) {
      expect((await ask(server, '/health', { headers: { host } })).status).toBe(200)
    }
    expect((await ask(server, '/health', { headers: { host: '10.1.2.4' } })).status).toBe(403)
  })

  test('may name any address, but no foreign name, when all addresses are bound', async () => {
    const edge = { bind: '0.0.0.0', allowedHosts: [], allowedOrigins: [] }
    await using server = await apiServer(fakeEngine(), { edge })
    expect((await ask(server, '/health', { headers: { host: '10.1.2.4:4141' } })).status).toBe(200)
    expect((await ask(server, '/health', { headers: { host: 'evil.example' } })).status).toBe(403)
  })

  test('on a page of another origin can change nothing, with a key or without', async () => {
    const engine = fakeEngine()
    await using server = await apiServer(engine)
    for (const origin of ['https://evil.example', 'null', 'http://localhost:3000', 'http://localhost']) {
      for (const path of ['/v1/chat/completions', '/v1/completions', '/web/session', '/nowhere']) {
        const { status, code, headers } = await ask(server, path, {
          method: 'POST',
          headers: { host: 'localhost:4141', origin, ...json, authorization: `Bearer ${server.key}` },
          body: JSON.stringify(question),
        })
        expect([origin, path, status, code]).toEqual([origin, path, 403, 'origin_refused'])
        expect(headers['access-control-allow-origin']).toBeUndefined()
      }
      const preflight = await ask(server, '/v1/chat/completions', {
        method: 'OPTIONS',
        headers: { host: 'localhost:4141', origin, 'access-control-request-method': 'POST' },
      })
      expect(preflight.status).toBe(403)
    }
    expect(engine.calls).toHaveLength(0)
  })

  test('on a page of an allowed origin may use the API with a key, and is told so beforehand', async () => {
    const origin = 'https://app.example'
    const edge = { bind: '127.0.0.1', allowedHosts: [], allowedOrigins: [origin] }
    await using server = await apiServer(fakeEngine(), { edge })
    const preflight = await ask(server, '/v1/chat/completions', {
      method: 'OPTIONS',
      headers: {
        host: 'localhost',
        origin,
        'access-control-request-headers': 'authorization, x-stainless-os',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'authorization, x-stainless-os',
    })
    expect(preflight.headers['access-control-allow-credentials']).toBeUndefined()
    const { status, headers } = await ask(server, '/v1/chat/completions', {
      method: 'POST',
      headers: { host: 'localhost', origin, ...json, authorization: `Bearer ${server.key}` },
      body: JSON.stringify(question),
    })
    expect([status, headers['access-control-allow-origin']]).toEqual([200, origin])
  })
})

describe('a body', () => {
  async function post(
    server: ApiServer,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return await ask(server, '/v1/chat/completions', {
      method: 'POST',
      headers: { host: 'localhost', authorization: `Bearer ${server.key}`, ...json, ...headers },
      body,
    })
  }

  test('that is too large is refused by its announced length and by its real one', async () => {
    await using server = await apiServer(fakeEngine(), { limits: { bodyBytes: 2000 } })
    const long = JSON.stringify({ ...question, user: 'x'.repeat(3000) })
    expect(await post(server, long)).toMatchObject({ status: 413, code: 'body_too_large' })
    const chunked = httpRequest({
      host: '127.0.0.1',
      port: server.port,
      path: '/v1/chat/completions',
      method: 'POST',
      headers: { host: 'localhost', authorization: `Bearer ${server.key}`, ...json },
    })
    chunked.on('error', () => {})
    for (let part = 0; part < 30; part++) chunked.write('x'.repeat(100))
    const [response] = (await once(chunked, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    chunked.destroy()
    expect((await post(server, JSON.stringify(question))).status).toBe(200)
  })

  test('of a stranger is not read', async () => {
    await using server = await apiServer(fakeEngine())
    const { status } = await ask(server, '/v1/chat/completions', {
      method: 'POST',
      headers: { host: 'localhost', ...json, 'content-length': '999999' },
    }).catch(() => ({ status: 401 }))
    expect(status).toBe(401)
  })

  test('that is deep, broken, of another type, charset or encoding is refused, and the server lives', async () => {
    await using server = await apiServer(fakeEngine())
    const deep = `{"model":"m","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const cases: [string, Record<string, string>, number, string][] = [
      [deep, {}, 400, 'invalid_request'],
      ['{"a":'.repeat(70) + '1' + '}'.repeat(70), {}, 400, 'invalid_request'],
      ['{', {}, 400, 'invalid_request'],
      ['', {}, 400, 'invalid_request'],
      ['null', {}, 400, 'invalid_request'],
      ['[]', {}, 400, 'invalid_request'],
      ['"text"', {}, 400, 'invalid_request'],
      ['{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
      ['a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
      ['{}', { 'content-type': 'nonsense' }, 415, 'unsupported_media_type'],
      ['{}', { 'content-type': 'application/json; charset=utf-16' }, 415, 'unsupported_media_type'],
      ['{}', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
      ['{}', { 'content-encoding': 'br' }, 415, 'unsupported_media_type'],
    ]
    for (const [body, headers, status, code] of cases) {
      const answer = await post(server, body, headers)
      expect([body.slice(0, 20), headers, answer.status, answer.code]).toEqual([
        body.slice(0, 20),
        headers,
        status,
        code,
      ])
    }
    const invalid = Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xff]), Buffer.from('"}')])
    expect(
      (await server.fetch('/v1/chat/completions', { method: 'POST', headers: json, body: invalid })).status,
    ).toBe(400)
    expect(
      (await post(server, JSON.stringify(question), { 'content-type': 'application/json; charset=UTF-8' }))
        .status,
    ).toBe(200)
  })

  test('with brackets in its strings is no deep one', async () => {
    await using server = await apiServer(fakeEngine())
    const content = '[{"'.repeat(500) + '\\'
    expect(
      (await post(server, JSON.stringify({ ...question, messages: [{ role: 'user', content }] }))).status,
    ).toBe(200)
  })
})

describe('what is no proper request', () => {
  test('is answered in the shape of all errors, and the server lives', async () => {
    await using server = await apiServer(fakeEngine())
    const cases: [string, RegExp, string][] = [
      ['nonsense\r\n\r\n', /^HTTP\/1\.1 400 /, 'invalid_request'],
      [
        `GET /health HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
        /^HTTP\/1\.1 431 /,
        'headers_too_large',
      ],
      [
        'GET /v1/%zz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
        /^HTTP\/1\.1 400 /,
        'invalid_request',
      ],
      [
        'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n',
        /^HTTP\/1\.1 400 /,
        'invalid_request',
      ],
      [
        'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n',
        /^HTTP\/1\.1 400 /,
        'invalid_request',
      ],
      ['GET /health HTTP/9.9\r\nhost: localhost\r\n\r\n', /^HTTP\/1\.1 400 /, 'invalid_request'],
    ]
    for (const [bytes, status, code] of cases) {
      const answer = await raw(server, bytes)
      expect(answer).toMatch(status)
      expect(answer.toLowerCase()).toContain('x-request-id: req_')
      expect(answer).toContain(`"code":"${code}"`)
    }
    expect((await server.fetch('/health')).status).toBe(200)
  })

  test('because it does not arrive in time is hung up on', async () => {
    await using server = await apiServer(fakeEngine(), {
      limits: { headerSeconds: 0.2, requestSeconds: 0.4 },
    })
    const slow = connect(server.port, '127.0.0.1')
    slow.write('GET /health HTTP/1.1\r\nhost: local')
    const answer = await textOf(slow)
    expect(answer).toContain('408')
    expect(answer).toContain('request_timeout')
  })

  test('gets an id of ours, never one of its own', async () => {
    await using server = await apiServer(fakeEngine())
    const ids = new Set<string | null>()
    for (let round = 0; round < 3; round++) {
      const response = await server.fetch('/health', { headers: { 'x-request-id': 'mine' } })
      ids.add(response.headers.get('x-request-id'))
    }
    expect(ids.size).toBe(3)
    for (const id of ids) expect(id).toMatch(/^req_\w{20}$/)
  })
})

describe('a client that leaves', () => {
  test('while it sends its body is no fault of ours', async () => {
    await using server = await apiServer(fakeEngine())
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${server.key}\r\n` +
        'content-type: application/json\r\ncontent-length: 500\r\n\r\n{"model":',
    )
    await server.fetch('/health')
    socket.destroy()
    await server.drain()
    await new Promise((resolve) => setImmediate(resolve))
    expect(server.log.map(({ level, status, code }) => [level, status, code])).toEqual([
      ['info', 200, undefined],
      ['info', 499, 'client_left'],
    ])
  })

  test('with an odd expectation is answered as any other', async () => {
    await using server = await apiServer(fakeEngine())
    const bytes = 'GET /health HTTP/1.1\r\nhost: localhost\r\nexpect: tea\r\nconnection: close\r\n\r\n'
    expect(await raw(server, bytes)).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('the log', () => {
  test('has one line a request, with its figures and without its content', async () => {
    await using server = await apiServer(fakeEngine({ answer: saying('the secret ', 'answer') }))
    const response = await server.post('/v1/chat/completions', {
      ...question,
      messages: [{ role: 'user', content: 'the secret question' }],
      stream: true,
    })
    await response.text()
    await server.post('/v1/chat/completions', '{"secret')
    await server.fetch('/v1/models?key=secret', {
      headers: { authorization: 'Bearer secret', cookie: 'a=secret' },
    })
    await server.drain()
    expect(server.log).toHaveLength(3)
    expect(server.log[0]).toMatchObject({
      event: 'request',
      id: response.headers.get('x-request-id'),
      route: '/v1/chat/completions',
      status: 200,
      model: 'fake:1b',
      promptTokens: 1,
      outputTokens: 2,
    })
    expect(server.log[1]).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(server.log[2]).toMatchObject({ status: 401, code: 'key_invalid' })
    expect(JSON.stringify(server.log)).not.toMatch(/secret|elpis-/)
  })
})

describe('under load', () => {
  test('a flood of 200 is answered or refused with Retry-After, and the server lives', async () => {
    let running = 0
    const everybodyThere = Promise.withResolvers<void>()
    const busy = elpisError('overloaded', { queued: 64 })
    busy.retryAfter = 1.2
    const engine = fakeEngine({
      answer: async function* () {
        if (running >= 64) {
          yield error(busy)
          return
        }
        running++
        try {
          yield start(1)
          await everybodyThere.promise
          for (let token = 0; token < 5; token++) yield text('word ')
          yield finish('stop')
          yield usage(1, 5)
        } finally {
          running--
        }
      },
    })
    await using server = await apiServer(engine)
    void engine.called(200).then(() => everybodyThere.resolve())
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const response = await server.post('/v1/chat/completions', { ...question, stream: index % 2 === 0 })
        const body = await response.text()
        if (response.status === 200) return body.includes('word ') ? 'answered' : 'empty'
        return response.status === 503 && response.headers.get('retry-after') === '2' ? 'refused' : 'wrong'
      }),
    )
    expect(new Set(outcomes)).toEqual(new Set(['answered', 'refused']))
    expect((await server.fetch('/health')).status).toBe(200)
    expect(running).toBe(0)
  })

  test('a reader that is slow slows the engine down instead of filling memory', async () => {
    const piece = 'x'.repeat(64_000)
    let made = 0
    const engine = fakeEngine({
      answer: async function* () {
        yield start(1)
        for (; made < 2000; made++) yield text(piece)
        yield finish('stop')
        yield usage(1, made)
      },
    })
    await using server = await apiServer(engine)
    const socket = connect(server.port, '127.0.0.1')
    const body = JSON.stringify({ ...question, stream: true })
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${server.key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await once(socket, 'readable')
    let before = -1
    // Nothing is read: once the system's buffers are full, the engine stands still.
    while (before !== made) {
      before = made
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(made).toBeLessThan(500)
    const call = await engine.called(1)
    socket.destroy()
    await call.ended
    expect(call.aborted).toBe(true)
  })
})

describe('at its end', () => {
  test('running answers go on while new requests on kept connections are refused', async () => {
    const gate = Promise.withResolvers<void>()
    const engine = fakeEngine({
      answer: async function* () {
        yield start(1)
        yield text('one ')
        await gate.promise
        yield text('two')
        yield finish('stop')
        yield usage(1, 2)
      },
    })
    await using server = await apiServer(engine)
    const response = await server.post('/v1/chat/completions', { ...question, stream: true })
    let drained = false
    const draining = server.drain().then(() => (drained = true))
    const refused = await server.post('/v1/chat/completions', question)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('connection')).toBe('close')
    expect(refused.headers.get('retry-after')).not.toBeNull()
    expect(await refused.text()).toContain('shutting_down')
    expect(drained).toBe(false)
    gate.resolve()
    expect(await response.text()).toContain('[DONE]')
    await draining
  })

  test('what still runs is cut with an error that says so', async () => {
    const engine = fakeEngine({ answer: hanging('one ') })
    await using server = await apiServer(engine)
    const streamed = await server.post('/v1/chat/completions', { ...question, stream: true })
    const whole = server.post('/v1/chat/completions', question)
    await engine.called(2)
    const reading = streamed.text()
    server.shutdown.abort(elpisError('shutting_down'))
    expect(await reading).toMatch(/event: error\ndata: .*shutting_down/)
    expect((await whole).status).toBe(503)
    await server.drain()
  })

  test('an answer that takes too long is cut with answer_timeout', async () => {
    await using server = await apiServer(fakeEngine({ answer: hanging('one ') }), { answerSeconds: 0.1 })
    const streamed = await server.post('/v1/chat/completions', { ...question, stream: true })
    expect(await streamed.text()).toContain('answer_timeout')
    expect((await server.post('/v1/chat/completions', question)).status).toBe(504)
  })
})

describe('the state', () => {
  test('is coarse for strangers and full for those with a key', async () => {
    await using server = await apiServer(
      fakeEngine({ state: { state: 'failed', reason: 'no such file /secret' } }),
    )
    const coarse = await (await fetch(`${server.url}/health`)).json()
    expect(coarse).toEqual({ status: 'live', ready: false, policy: 'open' })
    const full = await (await server.fetch('/health')).json()
    expect(full).toMatchObject({
      version: '0.0.0-test',
      models: [{ model: 'fake:1b', state: 'failed', reason: 'no such file /secret', active: 0, queued: 0 }],
    })
    const ready = await fetch(`${server.url}/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.text()).not.toContain('secret')
  })

  test('is ready when every model is', async () => {
    await using server = await apiServer(fakeEngine())
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)
    await using loading = await apiServer(fakeEngine({ state: { state: 'loading', fraction: 0.5 } }))
    const response = await fetch(`${loading.url}/ready`)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  })

  test('of the API is described from the schemas that check it', async () => {
    await using server = await apiServer(fakeEngine())
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      openapi: string
      paths: Record<
        string,
        Record<
          string,
          {
            security: object[]
            requestBody?: { content: Record<string, { schema: { properties: object } }> }
          }
        >
      >
    }
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/chat/completions',
        '/v1/responses',
        '/v1/responses/{id}',
        '/v1/responses/{id}/input_items',
        '/v1/responses/{id}/cancel',
        '/v1/files',
        '/v1/files/{id}',
        '/v1/files/{id}/content',
        '/v1/batches',
        '/v1/batches/{id}',
        '/v1/batches/{id}/cancel',
        '/v1/completions',
        '/v1/embeddings',
        '/v1/rerank',
        '/v1/tokenize',
        '/v1/models',
        '/v1/models/{model}',
        '/v1/messages',
        '/v1/messages/count_tokens',
        '/api/chat',
        '/api/generate',
        '/api/embed',
        '/api/embeddings',
        '/api/tags',
        '/api/ps',
        '/api/version',
        '/api/show',
        '/api/pull',
        '/api/push',
        '/api/create',
        '/api/copy',
        '/api/delete',
        '/web/session',
        '/health',
        '/ready',
      ]),
    )
    const chat = document.paths['/v1/chat/completions']?.['post']
    expect(Object.keys(chat?.requestBody?.content['application/json']?.schema.properties ?? {})).toEqual(
      expect.arrayContaining(['messages', 'temperature', 'logit_bias', 'tools']),
    )
    // What is outside of these is for strangers: signing in, health, the public part of the log, what others sign.
    const needsKey = (path: string) =>
      /^\/(v1(?!\/signals)|api|web\/account|log\/tile\/entries)(\/|$)/.test(path)
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const operation of Object.values(operations)) {
        expect([path, operation.security.length > 0]).toEqual([path, needsKey(path)])
      }
    }
  })
})
