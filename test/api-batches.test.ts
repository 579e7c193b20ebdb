/** Files and batches with OpenAI's own client and by hand, in front of a fake engine. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { toFile } from 'openai'
import type { Batch } from 'openai/resources/batches'
import { describe, expect, onTestFinished, test } from 'vitest'
import { elpisError } from '../src/errors.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { echo, error, fakeEngine, hanging, start, type FakeEngineOptions } from './support/fake-engine.ts'

const model = 'fake:1b'
const endpoint = '/v1/chat/completions' as const

function clientOf({ url, key }: Pick<ApiServer, 'url' | 'key'>): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
}

function freshHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'elpis-batches-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

async function serving(
  answer?: FakeEngineOptions['answer'],
  changes: NonNullable<Parameters<typeof apiServer>[1]> = {},
) {
  const home = changes.home ?? freshHome()
  const engine = fakeEngine(answer === undefined ? {} : { answer })
  const server = await apiServer(engine, { ...changes, home })
  const client = clientOf(server)
  const onDisk = () => readdirSync(join(home, 'files'))
  return { home, engine, server, client, onDisk, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

function ask(id: string, content: string, changes: object = {}) {
  const body = { model, messages: [{ role: 'user', content }] }
  return { custom_id: id, method: 'POST', url: endpoint, body, ...changes }
}

function lines(...all: readonly (object | string)[]): string {
  return all.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
}

async function upload(client: OpenAI, content: string | Buffer, name = 'input.jsonl') {
  return await client.files.create({ file: await toFile(Buffer.from(content), name), purpose: 'batch' })
}

async function order(client: OpenAI, content: string, path: string = endpoint) {
  const { id } = await upload(client, content)
  return await client.batches.create({
    input_file_id: id,
    endpoint: path as typeof endpoint,
    completion_window: '24h',
  })
}

async function over(client: OpenAI, { id }: { id: string }): Promise<Batch> {
  let batch = await client.batches.retrieve(id)
  await expect
    .poll(async () => (batch = await client.batches.retrieve(id)).status, { interval: 20, timeout: 20_000 })
    .toMatch(/completed|failed|expired|cancelled/)
  return batch
}

interface ResultLine {
  id: string
  custom_id: string | null
  response: { status_code: number; request_id: string; body: Record<string, unknown> } | null
  error: { code: string } | null
}

async function results(client: OpenAI, id: string | null | undefined): Promise<ResultLine[]> {
  if (id == null) return []
  const content = await (await client.files.content(id)).text()
  return content
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ResultLine)
}

function said(line: ResultLine | undefined): unknown {
  const choices = line?.response?.body['choices'] as { message: { content: string } }[] | undefined
  return choices?.[0]?.message.content
}

describe('files', () => {
  test('are left, listed, described, given back and deleted', async () => {
    await using given = await serving()
    const content = Buffer.from('{"a":1}\n\u{1F33B}\0binary'.repeat(1000))
    const { files } = given.client
    const file = await upload(given.client, content, 'mine.jsonl')
    expect(file).toMatchObject({
      object: 'file',
      bytes: content.length,
      filename: 'mine.jsonl',
      purpose: 'batch',
    })
    expect((file.expires_at ?? 0) - file.created_at).toBe(30 * 86_400)
    expect(await files.retrieve(file.id)).toEqual(file)
    expect(Buffer.from(await (await files.content(file.id)).arrayBuffer()).equals(content)).toBe(true)
    const second = await upload(given.client, 'x')
    expect((await files.list({ order: 'asc' })).data).toEqual([file, second])
    expect(await Array.fromAsync(files.list({ order: 'asc', limit: 1 }))).toEqual([file, second])
    expect((await files.list({ purpose: 'batch_output' })).data).toEqual([])
    expect(statSync(join(given.home, 'files')).mode & 0o777).toBe(0o700)
    for (const name of given.onDisk())
      expect(statSync(join(given.home, 'files', name)).mode & 0o777).toBe(0o600)
    expect(await files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true })
    await expect(files.retrieve(file.id)).rejects.toMatchObject({ status: 404, code: 'kept_not_found' })
    expect(given.onDisk()).toHaveLength(1)
  })

  test.each([
    ['../../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['a\u202Eb\u0007.jsonl', 'ab.jsonl'],
    ['..', 'file'],
    ['x'.repeat(400), 'x'.repeat(255)],
  ])('the name %j is a name only', async (name, shown) => {
    await using given = await serving()
    const { filename } = await upload(given.client, 'x', name)
    expect(filename).toBe(shown)
    expect(given.onDisk()).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/)])
    expect(readdirSync(given.home).toSorted()).toEqual(expect.arrayContaining(['elpis.db', 'files']))
  })

  test('one that is too large, or one too many, leaves nothing', async () => {
    await using given = await serving(undefined, { files: { mostBytes: 1000, allBytes: 2500 } })
    const refused = (bytes: number) =>
      upload(given.client, Buffer.alloc(bytes, 'x')).then(
        () => null,
        (error: { code?: string; status?: number }) => [error.status, error.code],
      )
    expect(await refused(1001)).toEqual([413, 'file_too_large'])
    expect(await refused(100_000)).toEqual([413, 'file_too_large'])
    expect(given.onDisk()).toEqual([])
    expect([await refused(1000), await refused(1000)]).toEqual([null, null])
    expect(await refused(501)).toEqual([507, 'files_full'])
    expect(await refused(500)).toBeNull()
    const [first] = (await given.client.files.list()).data
    await given.client.files.delete(first?.id ?? '')
    expect(await refused(500)).toBeNull()
  })

  test('forms that are wrong are refused, and leave nothing', async () => {
    await using given = await serving()
    const send = async (fields: [string, string | Blob][], headers = {}) => {
      const form = new FormData()
      for (const [name, value] of fields) form.append(name, value)
      const answer = await given.server.fetch('/v1/files', { method: 'POST', body: form, headers })
      const { error } = (await answer.json()) as { error?: { code: string; param: string | null } }
      return [answer.status, error?.code, error?.param]
    }
    const file = new Blob(['x'])
    const purpose: [string, string] = ['purpose', 'batch']
    const invalid = (param: string | null) => [400, 'invalid_request', param]
    expect(await send([purpose])).toEqual(invalid('file'))
    expect(await send([['file', file]])).toEqual(invalid('purpose'))
    expect(
      await send([
        ['file', file],
        ['purpose', 'fine-tune'],
      ]),
    ).toEqual(invalid('purpose'))
    expect(await send([['other', file], purpose])).toEqual(invalid('other'))
    expect(await send([['file', file], ['file', file], purpose])).toEqual(invalid(null))
    expect(await send([purpose, ['surprise', 'x'], ['file', file]])).toEqual([
      400,
      'unknown_parameter',
      'surprise',
    ])
    expect(await send([purpose, ['expires_after[seconds]', '1'], ['file', file]])).toEqual(
      invalid('expires_after[seconds]'),
    )
    expect(
      await send([
        ['purpose', 'x'.repeat(5000)],
        ['file', file],
      ]),
    ).toEqual(invalid('purpose'))
    const raw = (type: string, body: string) =>
      given.server.fetch('/v1/files', { method: 'POST', body, headers: { 'content-type': type } })
    expect((await raw('multipart/form-data', 'x')).status).toBe(400)
    expect((await raw('multipart/form-data; boundary=a', '--a\r\ntorn')).status).toBe(400)
    expect((await raw('application/json', '{}')).status).toBe(400)
    expect((await raw('text/plain', 'x')).status).toBe(415)
    const form = new FormData()
    form.append('model', model)
    const chat = await given.server.fetch(endpoint, { method: 'POST', body: form })
    expect(chat.status).toBe(415)
    expect(given.onDisk()).toEqual([])
  })

  test('a client that leaves in the middle leaves nothing', async () => {
    await using given = await serving()
    const socket = connect(given.server.port, '127.0.0.1')
    socket.write(
      `POST /v1/files HTTP/1.1\r\nhost: localhost:${given.server.port}\r\nauthorization: Bearer ${given.server.key}\r\n` +
        'content-type: multipart/form-data; boundary=b\r\ncontent-length: 900000\r\n\r\n' +
        `--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n${'x'.repeat(50_000)}`,
    )
    await expect.poll(() => given.onDisk().length).toBe(1)
    socket.destroy()
    await expect.poll(() => given.onDisk()).toEqual([])
  })

  test('belong to one key', async () => {
    await using given = await serving()
    const { id } = await upload(given.client, lines(ask('a', 'x')))
    const batch = await given.client.batches.create({ input_file_id: id, endpoint, completion_window: '24h' })
    const { key } = await given.server.access.createKey('other')
    const { files, batches } = clientOf({ url: given.server.url, key })
    for (const attempt of [
      () => files.retrieve(id),
      () => files.content(id),
      () => files.delete(id),
      () => files.list({ after: id }),
      () => batches.create({ input_file_id: id, endpoint, completion_window: '24h' }),
      () => batches.retrieve(batch.id),
      () => batches.cancel(batch.id),
      () => batches.list({ after: batch.id }),
    ]) {
      const thrown: unknown = await Promise.resolve(attempt()).catch((error: unknown) => error)
      expect(thrown).toMatchObject({ status: 404, code: 'kept_not_found' })
    }
    expect((await files.list()).data).toEqual([])
    expect((await batches.list()).data).toEqual([])
    await over(given.client, batch)
  })
})

describe('a batch', () => {
  test('answers every line, and puts into the other file what could not be answered', async () => {
    await using given = await serving()
    const batch = await order(
      given.client,
      lines(
        ask('one', 'first answer'),
        ask('two', 'second answer'),
        ask('wrong', 'x', { body: { model, messages: [], nonsense: 1 } }),
        ask('other', 'x', { url: '/v1/embeddings' }),
        ask('streams', 'x', { body: { model, messages: [{ role: 'user', content: 'x' }], stream: true } }),
        'no json at all',
        '',
        ask('two', 'the same id again'),
        ask('nobody', 'x', { body: { model: 'none', messages: [{ role: 'user', content: 'x' }] } }),
        ask('long', 'x'.repeat(200_000)),
        `{"custom_id":"deep","body":${'['.repeat(200)}${']'.repeat(200)}}`,
        JSON.stringify({ custom_id: 'less' }),
      ),
    )
    expect(batch).toMatchObject({ object: 'batch', status: 'validating', completion_window: '24h' })
    const done = await over(given.client, batch)
    expect(done).toMatchObject({
      status: 'completed',
      request_counts: { total: 11, completed: 2, failed: 9 },
      errors: null,
    })
    const answers = await results(given.client, done.output_file_id)
    expect(new Map(answers.map((line) => [line.custom_id, said(line)]))).toEqual(
      new Map([
        ['one', 'first answer'],
        ['two', 'second answer'],
      ]),
    )
    expect(answers[0]).toMatchObject({ response: { status_code: 200 }, error: null })
    const failures = await results(given.client, done.error_file_id)
    const codes = failures.map(({ custom_id, response }) => {
      const body = response?.body as { error: { code: string } } | undefined
      return `${custom_id} ${response?.status_code} ${body?.error.code}`
    })
    expect(codes.toSorted()).toEqual(
      [
        'wrong 400 invalid_request',
        'other 400 invalid_request',
        'streams 400 unsupported_parameter',
        'null 400 invalid_request',
        'two 400 invalid_request',
        'nobody 404 model_not_served',
        'null 413 body_too_large',
        'null 400 invalid_request',
        'less 400 invalid_request',
      ].toSorted(),
    )
    expect(new Set([...answers, ...failures].map(({ id }) => id)).size).toBe(11)
    expect(given.engine.requests.map(({ priority }) => priority)).toEqual([100, 100, 100])
    expect((await given.client.batches.list()).data.map(({ id }) => id)).toEqual([batch.id])
  })

  test.each([
    ['/v1/completions', { model, prompt: 'go on', max_tokens: 4 }, 'text_completion'],
    ['/v1/embeddings', { model, input: 'a text' }, 'list'],
    ['/v1/responses', { model, input: 'hello' }, 'response'],
  ])('goes to %s', async (path, body, object) => {
    await using given = await serving()
    const done = await over(
      given.client,
      await order(given.client, lines({ custom_id: 'a', method: 'POST', url: path, body }), path),
    )
    expect(await results(given.client, done.error_file_id)).toEqual([])
    const [line] = await results(given.client, done.output_file_id)
    expect(line?.response?.body).toMatchObject({ object })
  })

  test('that has no lines, or no file any more, fails and says why', async () => {
    await using given = await serving()
    const done = await over(given.client, await order(given.client, '\n  \n'))
    expect(done).toMatchObject({ status: 'failed', errors: { data: [{ code: 'invalid_request' }] } })
    expect(done.output_file_id).toBeNull()
  })

  test('is cancelled; what was answered stays, and its file is free again', async () => {
    await using given = await serving((request) => {
      const content = request.input.kind === 'chat' ? request.input.messages[0]?.content : ''
      return content === 'quick' ? echo(request) : hanging('...')(request)
    })
    const { id } = await upload(given.client, lines(ask('a', 'quick'), ask('b', 'slow'), ask('c', 'slow')))
    const batch = await given.client.batches.create({ input_file_id: id, endpoint, completion_window: '24h' })
    await given.engine.called(3)
    await expect(given.client.files.delete(id)).rejects.toMatchObject({ status: 409, code: 'file_in_use' })
    await expect
      .poll(async () => (await given.client.batches.retrieve(batch.id)).request_counts?.completed)
      .toBe(1)
    expect((await given.client.batches.cancel(batch.id)).status).toMatch(/cancell/)
    const done = await over(given.client, batch)
    expect(done).toMatchObject({ status: 'cancelled', request_counts: { total: 3, completed: 1, failed: 0 } })
    expect((await results(given.client, done.output_file_id)).map(({ custom_id }) => custom_id)).toEqual([
      'a',
    ])
    await Promise.all(given.engine.calls.map(({ ended }) => ended))
    await expect(given.client.batches.cancel(batch.id)).rejects.toMatchObject({ status: 409 })
    await given.client.files.delete(id)
  })

  test('ends with the key that ordered it', async () => {
    await using given = await serving(hanging('...'))
    const { key, id: keyId } = await given.server.access.createKey('worker')
    const worker = clientOf({ url: given.server.url, key })
    await order(worker, lines(ask('a', 'x'), ask('b', 'x')))
    const call = await given.engine.called(2)
    await given.server.access.revokeKey(keyId)
    await call.ended
    expect(call.aborted).toBe(true)
    await expect(worker.batches.list()).rejects.toMatchObject({ status: 401 })
    expect(given.engine.calls).toHaveLength(2)
  })

  test('waits when there is no room, and tries again', async () => {
    let busy = 2
    await using given = await serving(function* (request) {
      if (busy-- > 0) {
        yield error(elpisError('overloaded', { queued: 1 }))
        return
      }
      yield* echo(request)
    })
    const done = await over(given.client, await order(given.client, lines(ask('a', 'x'), ask('b', 'y'))))
    expect(done.request_counts).toEqual({ total: 2, completed: 2, failed: 0 })
    expect(given.engine.calls.length).toBeGreaterThan(2)
  })

  test('takes no more of the engine at once than was set', async () => {
    let running = 0
    let most = 0
    await using given = await serving(async function* (request) {
      yield start(1)
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
      yield* [...echo(request)].slice(1)
    })
    const many = (name: string) =>
      lines(...Array.from({ length: 20 }, (_, index) => ask(`${name}${index}`, 'x')))
    const batches = [await order(given.client, many('a')), await order(given.client, many('b'))]
    for (const batch of batches) {
      expect((await over(given.client, batch)).request_counts).toEqual({
        total: 20,
        completed: 20,
        failed: 0,
      })
    }
    expect(most).toBeLessThanOrEqual(4)
    expect(most).toBeGreaterThan(1)
  })

  test('goes on in the next process, and answers no line twice', async () => {
    const home = freshHome()
    const content = lines(...Array.from({ length: 12 }, (_, index) => ask(`line${index}`, `answer ${index}`)))
    let batch: { id: string }
    let key: string
    {
      // Three lines are answered, then the engine hangs.
      let count = 0
      await using first = await serving(
        (request) => (count++ < 3 ? echo(request) : hanging('...')(request)),
        { home },
      )
      ;({ key } = first.server)
      batch = await order(first.client, content)
      await first.engine.called(7)
      await expect
        .poll(async () => (await first.client.batches.retrieve(batch.id)).request_counts?.completed)
        .toBe(3)
    }
    await using second = await serving(undefined, { home })
    const client = clientOf({ url: second.server.url, key })
    const done = await over(client, batch)
    expect(done).toMatchObject({
      status: 'completed',
      request_counts: { total: 12, completed: 12, failed: 0 },
    })
    expect(second.engine.calls).toHaveLength(9)
    const answers = await results(client, done.output_file_id)
    expect(answers.map(({ custom_id }) => String(custom_id)).toSorted()).toEqual(
      Array.from({ length: 12 }, (_, index) => `line${index}`).toSorted(),
    )
  })

  test('is refused with the reason', async () => {
    await using given = await serving()
    const { id } = await upload(given.client, lines(ask('a', 'x')))
    const right = { input_file_id: id, endpoint, completion_window: '24h' }
    const refused = async (changes: object) => {
      const answer = await given.server.post('/v1/batches', { ...right, ...changes })
      const { error } = (await answer.json()) as { error: { code: string; param: string | null } }
      return [answer.status, error.code, error.param]
    }
    expect(await refused({ input_file_id: 'file-none' })).toEqual([404, 'kept_not_found', null])
    expect(await refused({ input_file_id: '../x' })).toEqual([404, 'kept_not_found', null])
    expect(await refused({ endpoint: '/v1/rerank' })).toEqual([400, 'invalid_request', 'endpoint'])
    expect(await refused({ completion_window: '1h' })).toEqual([400, 'invalid_request', 'completion_window'])
    expect(await refused({ surprise: 1 })).toEqual([400, 'unknown_parameter', 'surprise'])
  })

  test('cannot be ordered without a key that could be revoked', async () => {
    await using given = await serving()
    const { access, url } = given.server
    const { token } = await access.createSignInLink()
    const { cookie } = await access.signIn({ token })
    const answer = await fetch(`${url}/v1/batches`, { headers: { cookie: `elpis_session=${cookie}` } })
    expect(answer.status).toBe(403)
  })
})
