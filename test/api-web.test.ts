/** The chat page's side of the server: signing in, the cookie, the page and its policy. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { fakeEngine, hanging } from './support/fake-engine.ts'

const question = { model: 'fake:1b', messages: [{ role: 'user', content: 'hello' }], stream: true }
const json = { 'content-type': 'application/json' }

/** As a browser on the page would ask. */
function browser(server: ApiServer, cookie: string | null = null, origin: string | null = server.url) {
  const headers = { ...(cookie === null ? {} : { cookie }), ...(origin === null ? {} : { origin }) }
  return {
    get: (path: string) => fetch(server.url + path, { headers }),
    delete: (path: string) => fetch(server.url + path, { method: 'DELETE', headers }),
    post: (path: string, body: unknown) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { ...headers, ...json },
        body: JSON.stringify(body),
      }),
  }
}

async function signedIn(
  server: ApiServer,
  proof: object,
): Promise<{ cookie: string; attributes: string; body: unknown }> {
  const response = await browser(server).post('/web/session', proof)
  expect(response.status).toBe(200)
  // The other is the browser's own, by which it is known again.
  const [session = ''] = response.headers.getSetCookie()
  const [cookie = '', ...attributes] = session.split('; ')
  return { cookie, attributes: attributes.join('; '), body: await response.json() }
}

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code
}

describe('signing in', () => {
  test('by the link works once, as the owner', async () => {
    await using server = await apiServer(fakeEngine())
    const { token } = await server.access.createSignInLink()
    const { cookie, attributes, body } = await signedIn(server, { token })
    expect(body).toMatchObject({ name: expect.any(String), kind: 'owner', role: 'owner' })
    expect(attributes).toMatch(/^HttpOnly; SameSite=Strict; Path=\/; Max-Age=\d+$/)
    expect(await (await browser(server, cookie).get('/web/session')).json()).toEqual(body)
    const again = await browser(server).post('/web/session', { token })
    expect([again.status, await codeOf(again), again.headers.get('set-cookie')]).toEqual([
      401,
      'link_invalid',
      null,
    ])
  })

  test('by a key works as that key, and ends with it', async () => {
    const engine = fakeEngine({ answer: hanging('one ') })
    await using server = await apiServer(engine)
    const { key, id } = await server.access.createKey('laptop')
    const { cookie, body } = await signedIn(server, { key })
    expect(body).toMatchObject({ name: 'laptop', kind: 'key', role: 'member' })
    const stream = await browser(server, cookie).post('/v1/chat/completions', question)
    expect(stream.status).toBe(200)
    await server.access.revokeKey(id)
    expect(await stream.text()).toContain('key_revoked')
    expect((await browser(server, cookie).get('/web/session')).status).toBe(401)
    expect((await browser(server, cookie).get('/v1/models')).status).toBe(401)
  })

  test('with anything else does not work', async () => {
    await using server = await apiServer(fakeEngine())
    const cases: [unknown, number][] = [
      [{ token: 'wrong' }, 401],
      [{ key: 'elpis-wrong' }, 401],
      [{}, 400],
      [{ token: '' }, 400],
      [{ token: 5 }, 400],
      [{ token: 'a', key: 'b' }, 400],
      [{ key: 'x'.repeat(501) }, 400],
      ['token', 400],
    ]
    for (const [proof, status] of cases) {
      const response = await browser(server).post('/web/session', proof)
      expect([proof, response.status, response.headers.get('set-cookie')]).toEqual([proof, status, null])
    }
    expect((await browser(server, 'elpis_session=wrong').get('/web/session')).status).toBe(401)
    expect((await browser(server).get('/web/session')).status).toBe(401)
  })

  test('out ends the session and what it is doing', async () => {
    const engine = fakeEngine({ answer: hanging('one ') })
    await using server = await apiServer(engine)
    const { cookie } = await signedIn(server, { token: (await server.access.createSignInLink()).token })
    const stream = await browser(server, cookie).post('/v1/chat/completions', question)
    const out = await browser(server, cookie).delete('/web/session')
    expect(out.status).toBe(204)
    expect(out.headers.get('set-cookie')).toMatch(/^elpis_session=; .*Max-Age=0/)
    expect(await stream.text()).toContain('key_revoked')
    expect((await browser(server, cookie).get('/v1/models')).status).toBe(401)
    expect((await browser(server).delete('/web/session')).status).toBe(204)
  })
})

describe('the cookie', () => {
  test('counts only from our own page', async () => {
    const edge = { bind: '127.0.0.1', allowedHosts: [], allowedOrigins: ['https://app.example'] }
    const engine = fakeEngine()
    await using server = await apiServer(engine, { edge })
    const { cookie } = await signedIn(server, { token: (await server.access.createSignInLink()).token })
    const from = (origin: string | null) => browser(server, cookie, origin)
    expect((await from(server.url).get('/v1/models')).status).toBe(200)
    expect((await from(null).get('/v1/models')).status).toBe(200)
    expect((await from('https://app.example').get('/v1/models')).status).toBe(401)
    expect((await from('https://evil.example').get('/v1/models')).status).toBe(401)
    expect((await from(server.url).post('/v1/chat/completions', question)).status).toBe(200)
    expect((await from(null).post('/v1/chat/completions', question)).status).toBe(401)
    expect((await from('https://app.example').post('/v1/chat/completions', question)).status).toBe(401)
    expect((await from('https://evil.example').post('/v1/chat/completions', question)).status).toBe(403)
    expect((await from('http://localhost:1').delete('/web/session')).status).toBe(403)
    expect(engine.calls).toHaveLength(1)
    const elsewhere = await from('https://app.example').post('/web/session', { key: server.key })
    expect([elsewhere.status, elsewhere.headers.get('set-cookie')]).toEqual([403, null])
  })

  test('beside a wrong key does not count', async () => {
    await using server = await apiServer(fakeEngine())
    const { cookie } = await signedIn(server, { token: (await server.access.createSignInLink()).token })
    const headers = { cookie, origin: server.url }
    const wrong = await fetch(`${server.url}/v1/models`, {
      headers: { ...headers, authorization: 'Bearer wrong' },
    })
    expect(wrong.status).toBe(401)
  })
})

/** A folder with a built page, as vite would leave it. */
function builtPage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'elpis-page-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><script nonce="__CSP_NONCE__"></script><style nonce="__CSP_NONCE__"></style>',
  )
  writeFileSync(join(folder, 'assets/app-1a2b.js'), 'export {}')
  writeFileSync(join(folder, 'assets/app-1a2b.css'), 'a{}')
  writeFileSync(join(folder, 'icon.svg'), '<svg/>')
  return folder
}

describe('the page', () => {
  test('comes at every path of its own, under a policy with a fresh nonce', async () => {
    await using server = await apiServer(fakeEngine(), { webFolder: builtPage() })
    const nonces = new Set<string>()
    for (const path of ['/', '/sign-in', '/chat/123', '/settings?x=1']) {
      const response = await fetch(server.url + path, { headers: { accept: 'text/html' } })
      const policy = response.headers.get('content-security-policy') ?? ''
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
      expect(await response.text()).toBe(
        `<!doctype html><script nonce="${nonce}"></script><style nonce="${nonce}"></style>`,
      )
      expect(policy).toMatch(/^default-src 'none';/)
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      for (const part of [
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "connect-src 'self'",
      ]) {
        expect(policy).toContain(part)
      }
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      })
      nonces.add(nonce)
    }
    expect(nonces.size).toBe(4)
  })

  test('does not stand in for what the API does not have', async () => {
    await using server = await apiServer(fakeEngine(), { webFolder: builtPage() })
    for (const path of [
      '/v1/nothing',
      '/web/nothing',
      '/assets/gone.js',
      '//v1/models',
      '/V1/models',
      '/nothing.json',
    ]) {
      const accept = path === '/nothing.json' ? 'application/json' : 'text/html'
      const response = await server.fetch(path, { headers: { accept } })
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/json; charset=utf-8',
      ])
    }
    expect(
      (await fetch(`${server.url}/chat/1`, { method: 'POST', headers: { accept: 'text/html' } })).status,
    ).toBe(404)
  })

  test('has its files with their types, those of assets for ever, and nothing beside them', async () => {
    const folder = builtPage()
    writeFileSync(join(folder, '..', 'secret-beside.txt'), 'secret')
    await using server = await apiServer(fakeEngine(), { webFolder: folder })
    const script = await fetch(`${server.url}/assets/app-1a2b.js`)
    expect([script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ])
    const icon = await fetch(`${server.url}/icon.svg`)
    expect([icon.headers.get('content-type'), icon.headers.get('cache-control')]).toEqual([
      'image/svg+xml',
      'no-cache',
    ])
    expect(icon.headers.get('content-security-policy')).toContain("default-src 'none'")
    for (const path of [
      '/..%2Fsecret-beside.txt',
      '/assets/..%2f..%2fsecret-beside.txt',
      '/assets/%2e%2e/index.html',
      '/assets',
      '/assets/',
    ]) {
      const response = await fetch(server.url + path)
      expect([path, response.status]).toEqual([path, 404])
    }
  })

  test('that is not built says how to build it', async () => {
    await using server = await apiServer(fakeEngine())
    const response = await fetch(server.url)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('npm run web:build')
  })
})
