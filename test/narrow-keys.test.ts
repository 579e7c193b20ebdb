/** What narrowed keys may order and see, and what keys must say, over HTTP in front of a fake engine. */
import { expect, test } from 'vitest'
import type { KeyLimits } from '../src/access/key-limits-schema.ts'
import { noLimits } from '../src/access/key-limits.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'

const asked = { model: 'fake:1b', messages: [{ role: 'user', content: 'hello' }] }

async function narrowed(server: ApiServer, limits: Partial<KeyLimits>): Promise<{ authorization: string }> {
  const { key } = await server.access.createKey('narrow', { limits: { ...noLimits, ...limits } })
  return { authorization: `Bearer ${key}` }
}

async function ordered(server: ApiServer, headers: { authorization: string }) {
  const form = new FormData()
  const line = { custom_id: 'one', method: 'POST', url: '/v1/chat/completions', body: asked }
  form.set('purpose', 'batch')
  form.set('file', new Blob([JSON.stringify(line)]), 'input.jsonl')
  const file = await server.fetch('/v1/files', { method: 'POST', body: form, headers })
  const { id: input_file_id } = (await file.json()) as { id: string }
  const order = { input_file_id, endpoint: '/v1/chat/completions', completion_window: '24h' }
  const made = await server.post('/v1/batches', order, { headers })
  const { id } = (await made.json()) as { id: string }
  let batch: Record<string, unknown> = {}
  await expect
    .poll(
      async () => {
        batch = (await (await server.fetch(`/v1/batches/${id}`, { headers })).json()) as typeof batch
        return batch['status']
      },
      { interval: 20, timeout: 20_000 },
    )
    .toBe('completed')
  return batch
}

test.each([[{ scopes: ['files', 'batches'] } as const], [{ endpoints: ['/v1/files*', '/v1/batches*'] }]])(
  'a key for batches only, %j, orders no answers',
  async (limits) => {
    const engine = fakeEngine()
    await using server = await apiServer(engine)
    const headers = await narrowed(server, limits as Partial<KeyLimits>)
    expect(await ordered(server, headers)).toMatchObject({
      request_counts: { completed: 0, failed: 1 },
      error_file_id: expect.any(String),
    })
    expect(await ordered(server, await narrowed(server, {}))).toMatchObject({
      request_counts: { completed: 1, failed: 0 },
    })
  },
)

test('every list of models has those that the key may use', async () => {
  await using server = await apiServer(fakeEngine())
  const all = await names(server, '/v1/models', {})
  expect(all).toContain('fake:1b')
  const mine = await narrowed(server, { models: ['fake:1b'] })
  const others = await narrowed(server, { models: ['other*'] })
  for (const path of ['/v1/models', '/api/tags']) {
    expect(await names(server, path, mine)).toEqual(['fake:1b'])
    expect(await names(server, path, others)).toEqual([])
  }
  expect((await server.fetch('/v1/models/fake:1b', { headers: others })).status).toBe(404)
  expect((await server.post('/api/show', { model: 'fake:1b' }, { headers: others })).status).toBe(404)
  expect((await server.post('/api/show', { model: 'fake:1b' }, { headers: mine })).status).toBe(200)
})

async function names(server: ApiServer, path: string, headers: Record<string, string>): Promise<string[]> {
  const list = (await (await server.fetch(path, { headers })).json()) as Record<
    string,
    { [name: string]: string }[]
  >
  return (list['data'] ?? list['models'] ?? []).map((model) => model['id'] ?? model['name'] ?? '')
}

test('where end users must be named, a key that names none is refused, whatever the door', async () => {
  await using server = await apiServer(fakeEngine(), { needsEndUser: ({ name }) => name === 'home' })
  const refused = await server.post('/v1/chat/completions', asked)
  expect([refused.status, await refused.json()]).toMatchObject([
    400,
    { error: { code: 'end_user_required', message: expect.stringContaining('safety_identifier') } },
  ])
  const message = { ...asked, max_tokens: 5 }
  expect((await server.post('/v1/messages', message)).status).toBe(400)
  expect((await server.post('/api/chat', { ...asked, stream: false })).status).toBe(400)
  const named = [
    await server.post('/v1/chat/completions', { ...asked, user: 'ada' }),
    await server.post('/v1/chat/completions', { ...asked, safety_identifier: 'ada' }),
    await server.post('/v1/messages', { ...message, metadata: { user_id: 'ada' } }),
    await server.post('/api/chat', { ...asked, stream: false }, { headers: { 'x-elpis-end-user': 'ada' } }),
  ]
  expect(named.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect((await server.fetch('/v1/models')).status).toBe(200)
})

test('other organisations need not name theirs', async () => {
  await using server = await apiServer(fakeEngine(), { needsEndUser: ({ name }) => name === 'elsewhere' })
  expect((await server.post('/v1/chat/completions', asked)).status).toBe(200)
})
