/** How people come in, over HTTP: each way from end to end, and what must not get anybody in. */
import { describe, expect, test } from 'vitest'
import type { Person } from '../src/access/directory.ts'
import { totpCode, totpStep } from '../src/access/sign-in/totp.ts'
import { browserClient, type BrowserClient } from './support/browser-client.ts'
import { apiServer, type ApiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'
import { identityProvider } from './support/identity-provider.ts'

const password = 'plum kettle orbit fjord'

async function serverWithAnn() {
  const server = await apiServer(fakeEngine())
  const ann = await server.access.directory.addPerson({
    name: 'Ann',
    email: 'ann@example.org',
    role: 'admin',
  })
  return { server, ann, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

async function tokenFor({ signIn }: ApiServer, { email }: Person): Promise<string> {
  const { url } = await signIn.invite({ email: email ?? '' })
  return new URL(url).hash.slice(1)
}

/** A browser in which Ann accepted her invitation. */
async function signedIn(server: ApiServer, ann: Person): Promise<BrowserClient> {
  const browser = browserClient(server.url)
  const token = await tokenFor(server, ann)
  const { status } = await browser.ask('POST', '/web/invitation/accept', { token, password })
  expect(status).toBe(200)
  return browser
}

describe('an invitation', () => {
  test('says what it is for, lets its guest in once, and ends what was open before', async () => {
    await using it = await serverWithAnn()
    const before = await signedIn(it.server, it.ann)
    const token = await tokenFor(it.server, it.ann)
    const browser = browserClient(it.server.url)
    const looked = await browser.ask('POST', '/web/invitation', { token })
    expect(looked.body).toMatchObject({
      name: 'Ann',
      email: 'ann@example.org',
      role: 'admin',
      organisation: 'home',
    })
    const tries = await Promise.all(
      [1, 2, 3].map(() =>
        browserClient(it.server.url).ask('POST', '/web/invitation/accept', { token, password }),
      ),
    )
    expect(tries.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)
    expect((await browser.ask('POST', '/web/invitation', { token })).body).toMatchObject({
      error: { code: 'invitation_invalid' },
    })
    expect((await before.ask('GET', '/web/session')).status).toBe(401)
  })

  test('an earlier one ends when another is made, and all of them with the person', async () => {
    await using it = await serverWithAnn()
    const first = await tokenFor(it.server, it.ann)
    const second = await tokenFor(it.server, it.ann)
    const browser = browserClient(it.server.url)
    expect((await browser.ask('POST', '/web/invitation', { token: first })).status).toBe(401)
    await it.server.access.directory.removePerson(it.ann.id)
    expect((await browser.ask('POST', '/web/invitation/accept', { token: second, password })).status).toBe(
      401,
    )
  })

  test('is made over the API by who may, and never for somebody who may more', async () => {
    await using it = await serverWithAnn()
    const { directory } = it.server.access
    await directory.addPerson({ name: 'Olive', email: 'olive@example.org', role: 'owner' })
    const browser = await signedIn(it.server, it.ann)
    const made = await browser.ask('POST', '/v1/invitations', { email: 'bob@example.org', name: 'Bob' })
    expect(made.body).toMatchObject({ url: expect.stringContaining(`${it.server.url}/invitation#`) })
    for (const guest of [{ email: 'olive@example.org' }, { email: 'eve@example.org', role: 'owner' }]) {
      const refused = await browser.ask('POST', '/v1/invitations', guest)
      expect(refused).toMatchObject({ status: 403, body: { error: { code: 'beyond_minter' } } })
    }
    await directory.setRole(it.ann.id, 'member')
    expect((await browser.ask('POST', '/v1/invitations', { email: 'x@example.org' })).status).toBe(401)
  })

  test('with a weak password is refused, and not used up', async () => {
    await using it = await serverWithAnn()
    const token = await tokenFor(it.server, it.ann)
    const browser = browserClient(it.server.url)
    for (const weak of ['short', 'P@ssw0rd2024', 'ann@example.org']) {
      const refused = await browser.ask('POST', '/web/invitation/accept', { token, password: weak })
      expect(refused).toMatchObject({ status: 400, body: { error: { code: 'password_weak' } } })
    }
    expect((await browser.ask('POST', '/web/invitation', { token })).status).toBe(200)
  })
})

describe('a password', () => {
  test('lets its person in, with a cookie that scripts cannot read', async () => {
    await using it = await serverWithAnn()
    await signedIn(it.server, it.ann)
    const browser = browserClient(it.server.url)
    const entered = await browser.ask('POST', '/web/sign-in/password', {
      email: ' ANN@example.org',
      password,
    })
    expect(entered.body).toEqual({
      name: 'Ann',
      kind: 'person',
      role: 'admin',
      organisation_id: 'org_home',
      at_home: true,
      person_id: it.ann.id,
    })
    const [cookie = ''] = entered.headers.getSetCookie()
    expect(cookie).toMatch(/^elpis_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=\d+$/)
    expect((await browser.ask('GET', '/v1/models')).status).toBe(200)
  })

  test('what is wrong and who is unknown are refused in the same words and about the same time', async () => {
    await using it = await serverWithAnn()
    await it.server.access.directory.addPerson({ name: 'Bob', email: 'bob@example.org', role: 'member' })
    await signedIn(it.server, it.ann)
    const times = new Map<string, number>()
    const bodies = new Set<string>()
    for (const email of ['ann@example.org', 'bob@example.org', 'nobody@example.org', '', 'x'.repeat(300)]) {
      let best = Infinity
      for (let round = 0; round < 3; round++) {
        const began = performance.now()
        const { status, body } = await browserClient(it.server.url).ask('POST', '/web/sign-in/password', {
          email,
          password: 'wrong kettle orbit fjord',
        })
        best = Math.min(best, performance.now() - began)
        expect(status).toBe(401)
        bodies.add(JSON.stringify({ ...(body['error'] as unknown as object), request_id: '' }))
      }
      times.set(email.slice(0, 20), best)
    }
    expect(bodies.size).toBe(1)
    const all = [...times.values()]
    expect(Math.max(...all) / Math.min(...all)).toBeLessThan(2.5)
  })

  test('guessing is stopped, also at once and from one account to the next, and for who guesses only', async () => {
    await using it = await serverWithAnn()
    await signedIn(it.server, it.ann)
    const guess = (email: string) =>
      browserClient(it.server.url).ask('POST', '/web/sign-in/password', {
        email,
        password: 'wrong wrong wrong',
      })
    const answers = await Promise.all(Array.from({ length: 14 }, () => guess('ann@example.org')))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    const refused = answers.find(({ status }) => status === 429)
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(60)
    // Not even the right one is tried any more; other accounts are.
    const browser = browserClient(it.server.url)
    const right = await browser.ask('POST', '/web/sign-in/password', { email: 'ann@example.org', password })
    expect(right.status).toBe(429)
    expect((await guess('nobody@example.org')).status).toBe(401)
  }, 20_000)

  test('pages of other origins cannot sign anybody in', async () => {
    await using it = await serverWithAnn()
    await signedIn(it.server, it.ann)
    const browser = browserClient(it.server.url)
    const foreign = { origin: 'https://evil.example' }
    const body = { email: 'ann@example.org', password }
    expect((await browser.ask('POST', '/web/sign-in/password', body, foreign)).status).toBe(403)
    expect(browser.cookies.size).toBe(0)
  })

  test('changing it gives this browser another cookie and throws the others out', async () => {
    await using it = await serverWithAnn()
    const here = await signedIn(it.server, it.ann)
    const there = browserClient(it.server.url)
    await there.ask('POST', '/web/sign-in/password', { email: 'ann@example.org', password })
    const old = here.cookies.get('elpis_session') ?? ''
    const changed = await here.ask('POST', '/web/account/password', { password: 'other kettle orbit fjord' })
    expect(changed.status).toBe(200)
    expect(here.cookies.get('elpis_session')).not.toBe(old)
    expect((await there.ask('GET', '/web/session')).status).toBe(401)
    here.cookies.set('elpis_session', old)
    expect((await here.ask('GET', '/web/session')).status).toBe(401)
    const again = await browserClient(it.server.url).ask('POST', '/web/sign-in/password', {
      email: 'ann@example.org',
      password,
    })
    expect(again.status).toBe(401)
  })
})

describe('codes of an app', () => {
  async function withApp(server: ApiServer, ann: Person) {
    const browser = await signedIn(server, ann)
    const { body } = await browser.ask('POST', '/web/account/totp')
    const { secret, uri } = body as unknown as { secret: string; uri: string }
    expect(uri).toContain(`secret=${secret}`)
    const step = totpStep(Date.now())
    const wrong = await browser.ask('POST', '/web/account/totp/confirm', { code: '000000' })
    expect(wrong.status).toBe(401)
    // Of the step before, so that one of now is left to sign in with.
    const code = totpCode(secret, step - 1)
    const confirmed = await browser.ask('POST', '/web/account/totp/confirm', { code })
    expect(confirmed.status).toBe(200)
    const { recovery_codes } = confirmed.body as unknown as { recovery_codes: string[] }
    return { browser, secret, recovery_codes }
  }

  async function half(server: ApiServer) {
    const browser = browserClient(server.url)
    const { body } = await browser.ask('POST', '/web/sign-in/password', {
      email: 'ann@example.org',
      password,
    })
    const { needs, step } = body as unknown as { needs: string; step: string }
    expect(needs).toBe('code')
    expect(browser.cookies.size).toBe(0)
    return { browser, step }
  }

  test('are needed after the password, and hold once', async () => {
    await using it = await serverWithAnn()
    const { secret, browser: first } = await withApp(it.server, it.ann)
    const { browser, step } = await half(it.server)
    const code = totpCode(secret, totpStep(Date.now()))
    for (const wrong of ['000000', '', 'abcdef', `${code}0`, totpCode(secret, totpStep(Date.now()) - 5)]) {
      expect((await browser.ask('POST', '/web/sign-in/code', { step, code: wrong })).status).toBe(401)
    }
    expect((await browser.ask('POST', '/web/sign-in/code', { step, code })).status).toBe(200)
    // Whoever looked over the shoulder brings the same code, or the same step.
    const other = await half(it.server)
    expect((await other.browser.ask('POST', '/web/sign-in/code', { step: other.step, code })).status).toBe(
      401,
    )
    expect((await other.browser.ask('POST', '/web/sign-in/code', { step, code })).body).toMatchObject({
      error: { code: 'sign_in_over' },
    })
    expect((await first.ask('GET', '/web/account')).body).toMatchObject({ totp: { recovery_codes_left: 10 } })
    // They cannot be begun anew over what is there, and an invitation does not lead past them.
    expect((await first.ask('POST', '/web/account/totp')).status).toBe(404)
    const token = await tokenFor(it.server, it.ann)
    const accepted = await browser.ask('POST', '/web/invitation/accept', { token, password })
    expect(accepted.body).toMatchObject({ needs: 'code' })
  })

  test('a recovery code stands in for one, once', async () => {
    await using it = await serverWithAnn()
    const { recovery_codes } = await withApp(it.server, it.ann)
    expect(new Set(recovery_codes).size).toBe(10)
    const [code = ''] = recovery_codes
    const one = await half(it.server)
    const entered = await one.browser.ask('POST', '/web/sign-in/code', {
      step: one.step,
      code: code.toUpperCase(),
    })
    expect(entered.status).toBe(200)
    const two = await half(it.server)
    expect((await two.browser.ask('POST', '/web/sign-in/code', { step: two.step, code })).status).toBe(401)
    expect((await one.browser.ask('GET', '/web/account')).body).toMatchObject({
      totp: { recovery_codes_left: 9 },
    })
  })

  test('guessing them is stopped', async () => {
    await using it = await serverWithAnn()
    await withApp(it.server, it.ann)
    const { browser, step } = await half(it.server)
    const statuses: number[] = []
    for (let guess = 0; guess < 12; guess++) {
      const code = String(guess).padStart(6, '0')
      statuses.push((await browser.ask('POST', '/web/sign-in/code', { step, code })).status)
    }
    expect(statuses.slice(-2)).toEqual([429, 429])
  })
})

describe('sessions', () => {
  test('are listed to their person, and can be ended one by one or all but this', async () => {
    await using it = await serverWithAnn()
    const here = await signedIn(it.server, it.ann)
    const others = [browserClient(it.server.url), browserClient(it.server.url), browserClient(it.server.url)]
    for (const other of others)
      await other.ask(
        'POST',
        '/web/sign-in/password',
        { email: 'ann@example.org', password },
        { 'user-agent': 'Other' },
      )
    const { sessions } = (await here.ask('GET', '/web/account')).body as unknown as {
      sessions: { id: string; current: boolean; agent: string; method: string }[]
    }
    expect(sessions.map(({ current, method }) => [current, method])).toEqual([
      [true, 'invitation'],
      [false, 'password'],
      [false, 'password'],
      [false, 'password'],
    ])
    expect(sessions[1]?.agent).toBe('Other')
    expect((await here.ask('DELETE', `/web/account/sessions/${sessions[1]?.id ?? ''}`)).status).toBe(204)
    expect((await others[0]?.ask('GET', '/web/session'))?.status).toBe(401)
    expect((await here.ask('DELETE', '/web/account/sessions')).status).toBe(204)
    expect((await others[2]?.ask('GET', '/web/session'))?.status).toBe(401)
    expect((await here.ask('GET', '/web/session')).status).toBe(200)
  })

  test('of others are out of reach', async () => {
    await using it = await serverWithAnn()
    const bob = await it.server.access.directory.addPerson({
      name: 'Bob',
      email: 'bob@example.org',
      role: 'owner',
    })
    const hers = await signedIn(it.server, it.ann)
    const his = await signedIn(it.server, bob)
    const { sessions } = (await hers.ask('GET', '/web/account')).body as unknown as {
      sessions: { id: string }[]
    }
    expect((await his.ask('DELETE', `/web/account/sessions/${sessions[0]?.id ?? ''}`)).status).toBe(404)
    expect((await hers.ask('GET', '/web/session')).status).toBe(200)
  })

  test('end when their person gets another role or goes, and so do the answers that they are running', async () => {
    await using it = await serverWithAnn()
    const browser = await signedIn(it.server, it.ann)
    await it.server.access.directory.setRole(it.ann.id, 'member')
    expect((await browser.ask('GET', '/web/session')).status).toBe(401)
    await browser.ask('POST', '/web/sign-in/password', { email: 'ann@example.org', password })
    expect((await browser.ask('GET', '/web/session')).body).toMatchObject({ role: 'member' })
    await it.server.access.directory.removePerson(it.ann.id)
    expect((await browser.ask('GET', '/web/session')).status).toBe(401)
    const again = await browser.ask('POST', '/web/sign-in/password', { email: 'ann@example.org', password })
    expect(again.status).toBe(401)
  })

  test('of keys and of the owner change nobody’s ways in', async () => {
    await using it = await serverWithAnn()
    const browser = browserClient(it.server.url)
    const { key } = await it.server.access.createKey('laptop', { person: it.ann.id })
    for (const proof of [{ key }, { token: (await it.server.access.createSignInLink()).token }]) {
      await browser.ask('POST', '/web/session', proof)
      const refused = await browser.ask('POST', '/web/account/password', { password })
      expect(refused).toMatchObject({ status: 403, body: { error: { code: 'no_person' } } })
    }
    // Nor does a key by itself.
    expect((await it.server.post('/web/account/password', { password })).status).toBe(401)
  })

  test('a cookie that was there before is not taken over', async () => {
    await using it = await serverWithAnn()
    await signedIn(it.server, it.ann)
    const browser = browserClient(it.server.url)
    const planted = 'A'.repeat(43)
    browser.cookies.set('elpis_session', planted)
    await browser.ask('POST', '/web/sign-in/password', { email: 'ann@example.org', password })
    expect(browser.cookies.get('elpis_session')).not.toBe(planted)
    const intruder = browserClient(it.server.url)
    intruder.cookies.set('elpis_session', planted)
    expect((await intruder.ask('GET', '/web/session')).status).toBe(401)
  })

  test('what people keep here is theirs, not the owner’s and not each other’s', async () => {
    await using it = await serverWithAnn()
    const bob = await it.server.access.directory.addPerson({
      name: 'Bob',
      email: 'bob@example.org',
      role: 'member',
    })
    const hers = await signedIn(it.server, it.ann)
    const his = await signedIn(it.server, bob)
    const form = new FormData()
    form.set('purpose', 'batch')
    form.set('file', new Blob(['{}\n']), 'hers.jsonl')
    const sent = await fetch(`${it.server.url}/v1/files`, {
      method: 'POST',
      body: form,
      headers: { origin: it.server.url, cookie: `elpis_session=${hers.cookies.get('elpis_session') ?? ''}` },
    })
    const { id } = (await sent.json()) as { id: string }
    expect((await hers.ask('GET', `/v1/files/${id}`)).status).toBe(200)
    expect((await his.ask('GET', `/v1/files/${id}`)).status).toBe(404)
    const owner = browserClient(it.server.url)
    await owner.ask('POST', '/web/session', { token: (await it.server.access.createSignInLink()).token })
    expect((await owner.ask('GET', `/v1/files/${id}`)).status).toBe(404)
  })
})

describe('another account', () => {
  async function withProvider(domains: string[] = []) {
    await using undo = new AsyncDisposableStack()
    const provider = undo.use(await identityProvider())
    const { issuer, clientId, clientSecret } = provider
    const settings = {
      title: 'Work',
      issuer,
      clientId,
      clientSecret,
      domains,
      role: 'member',
      organisation: null,
    } as const
    const server = undo.use(await apiServer(fakeEngine(), { providers: { work: settings } }))
    await provider.allow(`${server.url}/web/sign-in/provider/work/back`)
    const ann = await server.access.directory.addPerson({
      name: 'Ann',
      email: 'ann@example.org',
      role: 'admin',
    })
    const all = undo.move()
    return { provider, server, ann, [Symbol.asyncDispose]: () => all.disposeAsync() }
  }

  /** Goes to the provider, signs in there as `subject`, and stops at the way back. */
  async function goThere(
    browser: BrowserClient,
    { issuer }: { issuer: string },
    subject: string,
  ): Promise<string> {
    const { body, status } = await browser.ask('POST', '/web/sign-in/provider/work')
    expect(status).toBe(200)
    let address = String(body['url'])
    const theirs = browserClient(issuer)
    for (let hop = 0; hop < 12; hop++) {
      const response = await theirs.visit(new URL(address, issuer).href)
      const location = response.headers.get('location')
      if (location?.includes('/back?') === true) return location
      if (location !== null) {
        address = location
        continue
      }
      const page = await response.text()
      const action = /action="([^"]+)"/.exec(page)?.[1] ?? ''
      const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1] ?? ''
      const cookie = [...theirs.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const sent = await fetch(new URL(action, issuer), {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/x-www-form-urlencoded', cookie },
        body: new URLSearchParams({ prompt, login: subject, password: 'x' }),
      })
      for (const line of sent.headers.getSetCookie()) {
        const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/s, 2)
        if (value === '') theirs.cookies.delete(name)
        else theirs.cookies.set(name, value)
      }
      address = sent.headers.get('location') ?? ''
    }
    throw new Error('The provider leads nowhere.')
  }

  test('lets in who was invited under its verified address, and from then on by who it is', async () => {
    await using it = await withProvider()
    it.provider.people.set('s1', { email: 'Ann@example.org', email_verified: true })
    const browser = browserClient(it.server.url)
    const back = await browser.visit(await goThere(browser, it.provider, 's1'))
    expect([back.status, back.headers.get('location')]).toEqual([303, '/'])
    expect((await browser.ask('GET', '/web/session')).body).toMatchObject({ person_id: it.ann.id })
    // The address moved on to somebody else there: that is not Ann.
    it.provider.people.set('s2', { email: 'ann@example.org', email_verified: true })
    it.provider.people.set('s1', { email: 'married@example.org', email_verified: true })
    const other = browserClient(it.server.url)
    const refused = await other.visit(await goThere(other, it.provider, 's2'))
    expect(refused.headers.get('location')).toBe('/sign-in?refused=provider_stranger')
    const again = browserClient(it.server.url)
    await again.visit(await goThere(again, it.provider, 's1'))
    expect((await again.ask('GET', '/web/session')).body).toMatchObject({ person_id: it.ann.id })
  })

  test.each([
    ['nobody invited', { email: 'eve@example.org', email_verified: true }],
    ['an address that nobody verified', { email: 'ann@example.org', email_verified: false }],
  ])('refuses %s', async (_case, person) => {
    await using it = await withProvider()
    it.provider.people.set('s1', person)
    const browser = browserClient(it.server.url)
    const back = await browser.visit(await goThere(browser, it.provider, 's1'))
    expect(back.headers.get('location')).toBe('/sign-in?refused=provider_stranger')
    expect((await browser.ask('GET', '/web/session')).status).toBe(401)
  })

  test('lets in a whole domain where that is configured, as what is configured', async () => {
    await using it = await withProvider(['firm.example'])
    it.provider.people.set('s1', { email: 'new@firm.example', email_verified: true, name: 'New' })
    const browser = browserClient(it.server.url)
    await browser.visit(await goThere(browser, it.provider, 's1'))
    expect((await browser.ask('GET', '/web/session')).body).toMatchObject({ name: 'New', role: 'member' })
    it.provider.people.set('s2', { email: 'eve@notfirm.example', email_verified: true })
    const other = browserClient(it.server.url)
    const back = await other.visit(await goThere(other, it.provider, 's2'))
    expect(back.headers.get('location')).toBe('/sign-in?refused=provider_stranger')
  })

  test('a way back that was begun in another browser, twice gone, or changed leads nowhere', async () => {
    await using it = await withProvider()
    it.provider.people.set('s1', { email: 'ann@example.org', email_verified: true })
    const mine = browserClient(it.server.url)
    const address = await goThere(mine, it.provider, 's1')
    // Login by proxy: the victim's browser is sent the attacker's way back.
    const victim = browserClient(it.server.url)
    expect((await victim.visit(address)).headers.get('location')).toBe('/sign-in?refused=sign_in_over')
    await goThere(victim, it.provider, 's1')
    expect((await victim.visit(address)).headers.get('location')).toBe('/sign-in?refused=provider_refused')
    const twice = new Map(mine.cookies)
    expect((await mine.visit(address)).headers.get('location')).toBe('/')
    for (const [name, value] of twice) mine.cookies.set(name, value)
    expect((await mine.visit(address)).headers.get('location')).toBe('/sign-in?refused=sign_in_over')
  })

  test('of a provider that is not configured leads nowhere, and asks nobody', async () => {
    await using it = await withProvider()
    const browser = browserClient(it.server.url)
    for (const name of ['other', '..%2f', 'http:%2f%2f169.254.169.254', '__proto__']) {
      expect((await browser.ask('POST', `/web/sign-in/provider/${name}`)).status).toBe(404)
    }
    expect((await browser.ask('GET', '/web/sign-in/providers')).body).toEqual({
      providers: [{ id: 'work', title: 'Work' }],
    })
  })
})
