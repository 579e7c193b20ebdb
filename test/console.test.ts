/** The console and the account in a real browser: people come in by invitation, password, code and passkey, and run a server. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { totpCode, totpStep } from '../src/access/sign-in/totp.ts'
import { launchBrowser } from './support/browser.ts'
import { stage, visit, type Stage } from './support/chat-page.ts'
import { keyPrincipal } from './support/principals.ts'

const password = 'plum kettle orbit fjord'
let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

type Invited = 'admin' | 'reviewer' | 'auditor' | 'member'

async function invited({ server }: Pick<Stage, 'server'>, role: Invited): Promise<string> {
  return (await server.signIn.invite({ email: `${role}@example.org`, name: `Some ${role}`, role })).url
}

async function accept(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.getByLabel('Choose a password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Accept' }).click()
  await page.getByLabel('Your question', { exact: true }).waitFor()
}

async function signInByPassword(page: Page, email: string): Promise<void> {
  await page.getByRole('button', { name: 'Use e-mail and password' }).click()
  await page.getByLabel('E-mail', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Some admin' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
}

test('an admin comes in by invitation, adds an app and a passkey, and signs in by password and code', async () => {
  await using given = await stage(browser, {}, { signedIn: false })
  const { page, server, misdeeds } = given
  const devices = await page.context().newCDPSession(page)
  await devices.send('WebAuthn.enable')
  await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await accept(page, await invited(given, 'admin'))
  await page.goto(`${server.url}/account`)
  await page.getByRole('button', { name: 'Set up an app' }).click()
  const secret = (await page.getByTestId('totp-secret').textContent()) ?? ''
  const step = totpStep(Date.now())
  await page.getByLabel('Code', { exact: true }).fill(totpCode(secret, step - 1))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await expect.poll(() => page.getByRole('list', { name: 'Recovery codes' }).locator('li').count()).toBe(10)
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByLabel('Name of this device').fill('laptop')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('never used').waitFor()

  // By password and code. All of it in one document: a browser's simulated device may not outlive a navigation.
  await page.getByRole('link', { name: 'Chat' }).click()
  await signOut(page)
  await signInByPassword(page, 'admin@example.org')
  await page.getByLabel('Code of your app').fill(totpCode(secret, totpStep(Date.now()) + 1))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByLabel('Your question', { exact: true }).waitFor()

  await signOut(page)
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.getByLabel('Your question', { exact: true }).waitFor()

  expect(misdeeds).toEqual({ foreign: [], violations: [], thrown: [] })
}, 90_000)

test('an admin makes a key that works, ends it, invites somebody and bars them; they cannot go on', async () => {
  await using given = await stage(browser, {}, { signedIn: false })
  const { page, server, misdeeds } = given
  await accept(page, await invited(given, 'admin'))
  await page.goto(`${server.url}/console/keys`)
  await page.getByLabel('Name', { exact: true }).fill('ci')
  await page.getByRole('button', { name: 'Make the key' }).click()
  const key = (await page.getByTestId('secret').textContent()) ?? ''
  const ask = async () =>
    (await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status
  expect(await ask()).toBe(200)
  await page.locator('li', { hasText: 'ci' }).getByRole('button', { name: 'Revoke' }).first().click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
  await expect.poll(ask).toBe(401)

  await page.goto(`${server.url}/console/people`)
  await page.getByLabel('E-mail', { exact: true }).fill('bob@example.org')
  await page.getByLabel('Name', { exact: true }).fill('Bob')
  await page.getByRole('button', { name: 'Invite' }).click()
  const link = (await page.getByTestId('secret').textContent()) ?? ''
  await using his = await visit(browser, server.url)
  await accept(his.page, link)
  const { people } = (await page.evaluate(async () => await (await fetch('/v1/people')).json())) as {
    people: { id: string; name: string }[]
  }
  const bob = people.find(({ name }) => name === 'Bob')?.id ?? ''

  await page.goto(`${server.url}/console/standing`)
  await page.getByLabel('Against').fill(`person:${bob}`)
  await page.getByLabel('Step').selectOption('banned')
  await page.getByLabel('Reason').fill('Tried the same a thousand times')
  await page.getByRole('button', { name: 'Ban', exact: true }).click()
  await page.getByText(/^Done: case_/u).waitFor()
  await expect.poll(() => his.page.evaluate(async () => (await fetch('/v1/models')).status)).toBe(403)
  await page.locator('li', { hasText: bob }).getByRole('button', { name: 'Lift' }).click()
  await page.getByLabel('Why it is lifted').fill('It was a mistake')
  await page.locator('form', { hasText: 'Why it is lifted' }).getByRole('button', { name: 'Lift' }).click()
  await expect.poll(() => his.page.evaluate(async () => (await fetch('/v1/models')).status)).toBe(200)

  // A role that changes ends the session; a member is shown no console.
  await page.goto(`${server.url}/console/people`)
  await page.getByLabel('Role of Bob').selectOption('admin')
  await expect.poll(() => his.page.evaluate(async () => (await fetch('/web/session')).status)).toBe(401)
  expect(misdeeds).toEqual({ foreign: [], violations: [], thrown: [] })
}, 90_000)

test('reviewers get one review after the other, and nobody is shown what their role may not do', async () => {
  await using given = await stage(browser, {}, { signedIn: false })
  const { page, server, misdeeds } = given
  const { standing } = server
  for (const name of ['one', 'two']) {
    const { id } = await server.access.createKey(name)
    const target = { kind: 'key', value: id } as const
    const ban = await standing.act({ target, rung: 'banned', reason: `spam ${name}`, lasts: null }, 'owner')
    await standing.appeal(ban.caseId, keyPrincipal(id, name), `it was not me, says ${name}`)
  }
  await accept(page, await invited(given, 'reviewer'))
  await page.goto(`${server.url}/console/review`)
  await page.getByRole('button', { name: 'Take the next' }).click()
  const desk = page.getByRole('article', { name: 'The review' })
  await desk.getByText('says one').waitFor()
  expect(await desk.getByRole('button', { name: 'Skip' }).isDisabled()).toBe(true)
  await desk.getByLabel('Reason').fill('I know them')
  await desk.getByRole('button', { name: 'Skip' }).click()
  await desk.getByText('says two').waitFor()
  await desk.getByLabel('Reason').fill('It was')
  await desk.getByRole('button', { name: 'Uphold the measure' }).click()
  await page.getByText('Nothing waits for you.').waitFor()
  await page.goto(`${server.url}/console/standing`)
  await page.getByText('spam one').waitFor()
  expect(await page.getByLabel('Step').locator('option').allInnerTexts()).toEqual([
    'Warn',
    'Restrict',
    'Suspend',
  ])
  expect(await page.getByRole('button', { name: 'Lift' }).count()).toBe(0)

  await using theirs = await visit(browser, server.url)
  await accept(theirs.page, await invited(given, 'auditor'))
  await theirs.page.goto(`${server.url}/console/standing`)
  await theirs.page.getByText('spam one').waitFor()
  expect(await theirs.page.getByRole('button', { name: /Lift|Warn/ }).count()).toBe(0)
  await theirs.page.goto(`${server.url}/console/review`)
  await theirs.page.getByText('says one').waitFor()
  expect(await theirs.page.getByRole('button', { name: 'Take the next' }).count()).toBe(0)
  await theirs.page.goto(`${server.url}/console/keys`)
  await theirs.page.getByRole('main').getByText('two', { exact: true }).waitFor()
  expect(await theirs.page.getByRole('button', { name: /Revoke|Make the key/ }).count()).toBe(0)
  const none = { foreign: [], violations: [], thrown: [] }
  expect([misdeeds, theirs.misdeeds]).toEqual([none, none])
}, 90_000)

test('who watches over another organisation is shown what of the console is theirs', async () => {
  await using given = await stage(browser, {}, { signedIn: false })
  const { page, server, misdeeds } = given
  const { id: organisation } = await server.access.directory.createOrganisation('Elsewhere')
  const guest = { email: 'dean@example.org', name: 'Dean', role: 'admin', organisation } as const
  await accept(page, (await server.signIn.invite(guest)).url)
  const answered = (path: string) =>
    page
      .waitForResponse((response) => new URL(response.url()).pathname === path)
      .then((response) => response.status())
  await page.goto(`${server.url}/console`)
  await page.getByRole('heading', { name: 'Usage', level: 1 }).waitFor()
  const areas = page.getByRole('navigation', { name: 'Console' }).getByRole('link')
  const titles = (await areas.allInnerTexts()).slice(1).map((title) => title.trim())
  expect(titles).toEqual(['Usage', 'People', 'Keys', 'Guard'])
  for (const [title, path] of [
    ['Keys', '/v1/keys'],
    ['People', '/v1/people'],
  ] as const) {
    const status = answered(path)
    await areas.filter({ hasText: title }).click()
    expect([title, await status]).toEqual([title, 200])
  }
  expect(misdeeds).toEqual({ foreign: [], violations: [], thrown: [] })
}, 90_000)

test('somebody who is barred opens their case and appeals; a reviewer who did not bar them lifts it', async () => {
  await using given = await stage(browser, {}, { signedIn: false })
  const { page, server, misdeeds } = given
  const { person, url } = await server.signIn.invite({ email: 'bob@example.org', name: 'Bob' })
  await accept(page, url)
  const target = { kind: 'person', value: person.id } as const
  const reason = 'Tried the same a thousand times'
  const ban = await server.standing.act({ target, rung: 'banned', reason, lasts: null }, 'owner')
  await page.goto(`${server.url}/`)
  const notice = page.getByRole('status', { name: 'Your standing' })
  await notice.getByText(reason).waitFor()
  await notice.getByRole('link', { name: 'Your case' }).click()
  await page.getByText('You are kept out.').waitFor()
  await page.getByText(reason).waitFor()
  await page.getByLabel('Why this should be looked at again').fill('It was my cat')
  await page.getByRole('button', { name: 'Lodge the appeal' }).click()
  await page.getByText('Your appeal is lodged').waitFor()

  await using hers = await visit(browser, server.url)
  await accept(hers.page, await invited(given, 'reviewer'))
  await hers.page.goto(`${server.url}/console/review`)
  await hers.page.getByText('It was my cat').waitFor()
  await hers.page.getByRole('button', { name: 'Take the next' }).click()
  const desk = hers.page.getByRole('article', { name: 'The review' })
  await desk.getByText('It was my cat').waitFor()
  await desk.getByText(reason).first().waitFor()
  await desk.getByLabel('Reason').fill('Cats are not to blame')
  await desk.getByRole('button', { name: 'Lift the measure' }).click()
  await hers.page.getByText('Nothing waits for you.').waitFor()
  await hers.page.goto(`${server.url}/console/appeals`)
  await hers.page.getByText('reversed').waitFor()
  await hers.page.goto(`${server.url}/console/cases`)
  await hers.page.getByRole('link', { name: person.id }).click()
  await hers.page.getByRole('heading', { name: 'What happened' }).waitFor()
  await hers.page.getByText('banned, over').waitFor()

  await page.goto(`${server.url}/case/${ban.caseId}`)
  await page.getByText('What was decided is undone').waitFor()
  expect(await page.getByText('Cats are not to blame').count()).toBe(2)
  expect(await page.evaluate(async () => (await fetch('/v1/models')).status)).toBe(200)
  await server.standing.act({ target, rung: 'warned', reason: 'Mind your cat', lasts: null }, 'owner')
  await page.goto(`${server.url}/`)
  await notice.getByText('Mind your cat').waitFor()
  const none = { foreign: [], violations: [], thrown: [] }
  expect([misdeeds, hers.misdeeds]).toEqual([none, none])
}, 90_000)
