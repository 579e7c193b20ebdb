/** Who may do what over HTTP: every role at every route, hostile credentials at every route, nobody in another's house. */
import { request as httpRequest } from 'node:http'
import { describe, expect, test } from 'vitest'
import { roles } from '../src/access/permissions.ts'
import type { Role } from '../src/core/principal.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'

/** What each role may do, written down a second time. o: owner, a: admin, r: reviewer, u: auditor, m: member. */
const matrix: Record<string, string> = {
  models: 'oarum',
  answers: 'oarum',
  embeddings: 'oarum',
  rerank: 'oarum',
  tokenize: 'oarum',
  files: 'oarum',
  batches: 'oarum',
  self: 'oarum',
  'organisations.read': 'oau',
  'organisations.write': 'o',
  'people.read': 'oau',
  'people.write': 'oa',
  'keys.read': 'oau',
  'keys.write': 'oa',
  'quotas.read': 'oau',
  'quotas.write': 'oa',
  'usage.read': 'oau',
  'standing.read': 'oaru',
  'standing.act': 'oar',
  'policies.read': 'oaru',
  'policies.write': 'oa',
  'audit.read': 'ou',
  'content.read': 'or',
  'server.read': 'oau',
  'server.act': 'oa',
}
const letters: Record<Role, string> = { owner: 'o', admin: 'a', reviewer: 'r', auditor: 'u', member: 'm' }

interface Documented {
  readonly method: string
  readonly path: string
  readonly permission: string
}

async function everyRoute(server: ApiServer): Promise<Documented[]> {
  const document = (await (await server.fetch('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { 'x-permission': string }>>
  }
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, 'nobody'),
      permission: operation['x-permission'],
    })),
  )
}

async function codeOf(response: Response): Promise<string | null> {
  const body = (await response.json().catch(() => null)) as { error?: { code?: string } | string } | null
  return typeof body?.error === 'object' ? (body.error.code ?? null) : null
}

async function somebody(server: ApiServer, role: Role, name = `Acme ${role}`) {
  const { id: organisation } = await server.access.directory.createOrganisation(name)
  const person = await server.access.directory.addPerson({ name, email: null, role, organisation })
  const { key, id } = await server.access.createKey(name, { person: person.id, role, service: true })
  const headers = { authorization: `Bearer ${key}` }
  const as = (path: string, method = 'GET', body?: unknown) =>
    server.fetch(path, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { person, organisation, keyId: id, headers, as }
}

test('every route needs a permission of the matrix, or says that it needs nothing', async () => {
  await using server = await apiServer(fakeEngine())
  const routes = await everyRoute(server)
  expect(routes.length).toBeGreaterThan(40)
  for (const { method, path, permission } of routes)
    expect([method, path, permission === 'nothing' || permission in matrix]).toEqual([method, path, true])
})

test('the matrix of roles and routes holds in every cell', async () => {
  await using server = await apiServer(fakeEngine())
  const routes = await everyRoute(server)
  for (const role of roles) {
    const { organisation } = await somebody(server, role)
    for (const { method, path, permission } of routes) {
      if (permission === 'nothing') continue
      const may = matrix[permission]?.includes(letters[role]) ?? false
      // A fresh key each: what may be done is done, to itself as well.
      const { key } = await server.access.createKey(role, { organisation, role })
      const response = await server.fetch(path, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(method === 'GET' ? {} : { body: '{}' }),
      })
      const refused = (await codeOf(response)) === 'not_permitted'
      expect([role, method, path, refused]).toEqual([role, method, path, !may])
    }
  }
}, 120_000)

const hostile = [
  "Bearer ' OR 1=1 --",
  'Bearer "; drop table keys; --',
  `Bearer ${'x'.repeat(6000)}`,
  `Bearer ${Buffer.from('é🗝')
    .toString('latin1')
    .replaceAll(/[^ -~¡-ÿ]/gu, '')}`,
  'Bearer elpis-%00',
  'Bearer __proto__',
  'Basic YWRtaW46YWRtaW4=',
  'Bearer',
]

test('hostile credentials open no route, in either header, and break none', async () => {
  await using server = await apiServer(fakeEngine())
  for (const { method, path, permission } of await everyRoute(server)) {
    const values = hostile.flatMap((value) => [
      ['authorization', value],
      ['x-api-key', value],
    ])
    // Two of them: a right one beside a wrong one opens nothing, whichever comes first.
    const [right, wrong] = [`Bearer ${server.key}`, 'Bearer elpis-x']
    values.push(
      ['authorization', wrong, 'Authorization', right],
      ['authorization', right, 'AUTHORIZATION', wrong],
    )
    values.push(['authorization', right, 'authorization', right])
    for (const headers of values) {
      const status = await statusOf(server, { method, path, headers })
      const fine = permission === 'nothing' ? status < 500 || status === 503 : status === 401
      const shown = `${method} ${path} with ${headers.join(' ').slice(0, 60)}: ${status}`
      expect([shown, fine]).toEqual([shown, true])
    }
  }
  // Nothing was dropped.
  expect(await server.access.listKeys()).toHaveLength(1)
}, 120_000)

async function statusOf(
  { port }: ApiServer,
  { method, path, headers }: { method: string; path: string; headers: string[] },
): Promise<number> {
  const sent = ['host', 'localhost', 'content-type', 'application/json', ...headers]
  return await new Promise((resolve, reject) => {
    const asking = httpRequest({ host: '127.0.0.1', port, path, method, headers: sent, agent: false })
    asking.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asking.once('error', reject)
    asking.end()
  })
}

describe('oneself', () => {
  test('is told who one is, and changes one’s name and nothing else', async () => {
    await using server = await apiServer(fakeEngine())
    const { person, organisation, as } = await somebody(server, 'member')
    expect(await (await as('/v1/me')).json()).toMatchObject({
      role: 'member',
      person: person.id,
      organisation,
    })
    expect(await (await as('/v1/me', 'PATCH', { name: 'Ada' })).json()).toMatchObject({ name: 'Ada' })
    for (const more of [
      { role: 'owner' },
      { organisation: 'org_home' },
      { organisation_id: 'org_home' },
      { organisationId: 'org_home' },
      { email: 'root@example.com' },
      { quota: 1 },
      { id: 'person_other' },
      { permissions: ['server.act'] },
    ])
      expect([more, (await as('/v1/me', 'PATCH', { name: 'x', ...more })).status]).toEqual([more, 400])
    expect(server.access.directory.people()).toMatchObject([
      { name: 'Ada', role: 'member', organisationId: organisation },
    ])
  })

  test('makes, lists and revokes one’s own keys, which are no more than a member’s', async () => {
    await using server = await apiServer(fakeEngine())
    const { keyId, as, person } = await somebody(server, 'admin')
    const other = await somebody(server, 'owner')
    const made = (await (await as('/v1/me/keys', 'POST', { name: 'phone' })).json()) as { id: string }
    expect(made).toMatchObject({ person: person.id, key: expect.stringMatching(/^elpis-/) })
    for (const more of [
      { role: 'admin' },
      { person: other.person.id },
      { organisation: 'org_home' },
      { service: true },
      { quota: 1 },
      { limits: { scopes: ['everything'] } },
      { limits: { unlimited: true } },
    ])
      expect([more, (await as('/v1/me/keys', 'POST', { name: 'x', ...more })).status]).toEqual([more, 400])
    const listed = (await (await as('/v1/me/keys')).json()) as { keys: { id: string; role: string }[] }
    const rolesOf = Object.fromEntries(listed.keys.map(({ id, role }) => [id, role]))
    expect(rolesOf).toEqual({ [keyId]: 'admin', [made.id]: 'member' })
    expect(JSON.stringify(listed)).not.toMatch(/hash/i)
    expect((await as(`/v1/me/keys/${other.keyId}`, 'DELETE')).status).toBe(404)
    expect((await as(`/v1/me/keys/${made.id}`, 'DELETE')).status).toBe(200)
  })
})

test('nothing of one organisation is there for another, whatever its ids', async () => {
  await using server = await apiServer(fakeEngine())
  const [mine, theirs] = [await somebody(server, 'owner', 'mine'), await somebody(server, 'owner', 'theirs')]
  const idOf = async (response: Response) => ((await response.json()) as { id: string }).id
  const form = new FormData()
  form.set('purpose', 'batch')
  const line = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: {} }
  form.set('file', new File([JSON.stringify(line)], 'a.jsonl'))
  const file = await idOf(
    await server.fetch('/v1/files', { method: 'POST', body: form, headers: theirs.headers }),
  )
  const order = { input_file_id: file, endpoint: '/v1/chat/completions', completion_window: '24h' }
  const batch = await idOf(await theirs.as('/v1/batches', 'POST', order))
  const response = await idOf(await theirs.as('/v1/responses', 'POST', { model: 'fake:1b', input: 'hello' }))
  const bound = { subject: 'key:*', meter: 'requests', period: 'day', amount: 1000 }
  const quota = await idOf(await theirs.as('/v1/admin/quotas', 'POST', bound))
  const ids = [file, batch, response, quota]
  expect(ids.map((id) => id.slice(0, 5))).toEqual(['file-', 'batch', 'resp_', 'quota'])

  const sweep: [method: string, path: string, body?: unknown][] = [
    ['GET', `/v1/files/${file}`],
    ['GET', `/v1/files/${file}/content`],
    ['DELETE', `/v1/files/${file}`],
    ['GET', `/v1/batches/${batch}`],
    ['POST', `/v1/batches/${batch}/cancel`, {}],
    ['GET', `/v1/responses/${response}`],
    ['GET', `/v1/responses/${response}/input_items`],
    ['DELETE', `/v1/responses/${response}`],
    ['POST', '/v1/responses', { model: 'fake:1b', input: 'go on', previous_response_id: response }],
    ['DELETE', `/v1/admin/keys/${theirs.keyId}`],
    ['POST', `/v1/admin/keys/${theirs.keyId}/rotate`, { keep_former: true }],
    ['PUT', `/v1/admin/people/${theirs.person.id}/role`, { role: 'member' }],
    ['DELETE', `/v1/admin/people/${theirs.person.id}`],
    ['DELETE', `/v1/admin/organisations/${theirs.organisation}`],
    ['DELETE', `/v1/admin/quotas/${quota}`],
    ['POST', '/v1/admin/people', { name: 'x', organisation: theirs.organisation }],
    ['POST', '/v1/admin/keys', { name: 'x', organisation: theirs.organisation }],
    ['POST', '/v1/admin/keys', { name: 'x', person: theirs.person.id }],
    ['POST', '/v1/admin/quotas', { subject: `key:${theirs.keyId}`, meter: 'streams', amount: 0 }],
    ['POST', '/v1/admin/quotas', { subject: `person:${theirs.person.id}`, meter: 'streams', amount: 0 }],
    ['DELETE', `/v1/me/keys/${theirs.keyId}`],
  ]
  for (const [method, path, body] of sweep) {
    const { status } = await mine.as(path, method, body)
    expect([method, path, status]).toEqual([method, path, 404])
  }
  for (const subject of [`org:${theirs.organisation}`, 'org:*', 'server']) {
    const refused = await mine.as('/v1/admin/quotas', 'POST', { subject, meter: 'streams', amount: 0 })
    expect([subject, refused.status]).toEqual([subject, 403])
  }
  for (const path of ['/v1/files', '/v1/batches', '/v1/admin/quotas', '/v1/admin/people', '/v1/admin/keys']) {
    const listed = await (await mine.as(path)).text()
    for (const id of [...ids, theirs.person.id, theirs.keyId, theirs.organisation])
      expect([path, listed.includes(id)]).toEqual([path, false])
  }
})
