/** The console's page about somebody's strikes, in a real browser: what a score is made of, and who is met with the same. */
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RequestId } from '../src/core/ids.ts'
import type { Signal } from '../src/core/verdict.ts'
import { launchBrowser } from './support/browser.ts'
import { stage, type Stage } from './support/chat-page.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

const day = 24 * 60 * 60 * 1000
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true }

/** Max has strikes of the guard, of a rule and of a reviewer, and pays as Mallory does, who is barred. */
async function strickenMax({ server }: Pick<Stage, 'server'>): Promise<string> {
  const { standing, access } = server
  const [mallory, max] = await Promise.all(
    ['Mallory', 'Max'].map((name) => access.directory.addPerson({ name, email: null, role: 'member' })),
  )
  if (mallory === undefined || max === undefined) throw new Error('Nobody was added.')
  const [theirs, his] = [mallory, max].map(({ id }) => ({ kind: 'person', value: id }) as const)
  if (theirs === undefined || his === undefined) throw new Error('Nobody was added.')
  for (const target of [theirs, his])
    for (const [kind, value] of [
      ['payment', 'card 4711'],
      ['device', 'laptop'],
    ] as const)
      await standing.mark(target, kind, value)
  await standing.act(
    { target: theirs, rung: 'banned', reason: 'Sold what he got here.', lasts: null },
    'owner',
  )
  const now = Date.now()
  const said = (signal: Partial<Signal>) =>
    standing.signal({
      at: now,
      subject: {
        organisationId: max.organisationId,
        personId: max.id,
        keyId: null,
        endUser: null,
        network: null,
      },
      source: 'guard',
      direction: 'input',
      hazard: 'S2',
      severity: 0.8,
      attributable: true,
      requestId: 'req_one' as RequestId,
      entryId: null,
      ...signal,
    })
  said({ at: now - 30 * day })
  said({ hazard: 'attack', severity: 0.5, at: now - 60_000 })
  await standing.settled()
  await standing.strike(his, {
    source: 'reviewer',
    hazard: 'S6',
    severity: 0.4,
    note: 'Asked for the same three times in other words, and said so.',
  })
  return his.value
}

test.each([
  ['a desktop', {}],
  ['a phone', phone],
  ['a dark phone', { ...phone, colorScheme: 'dark' }],
  ['a dark desktop', { colorScheme: 'dark' }],
] as const)(
  'shows on %s what a score is made of, and who shares what',
  async (_name, options) => {
    await using given = await stage(browser, {}, options)
    const { page, server, misdeeds } = given
    const max = await strickenMax(given)
    await page.goto(`${server.url}/console/standing`)
    await page.getByLabel('Whom').fill(`person:${max}`)
    await page.getByRole('button', { name: 'Show' }).click()
    const strikes = page.getByRole('list', { name: 'Strikes' }).getByRole('listitem')
    await expect.poll(() => strikes.count()).toBe(3)
    const said = (await strikes.allInnerTexts()).map((text) => text.replaceAll(/\s+/gu, ' '))
    expect(said[0]).toMatch(
      /^Specialised advice S6 4\.0 Asked for the same .* by reviewer · severity 0\.4 × 10 = 4\.0$/u,
    )
    expect(said[1]).toMatch(
      /^Non-violent crimes S2 4\.0 .* severity 0\.8 × 10 = 8\.0, of which 4\.0 are left$/u,
    )
    expect(said[2]).toMatch(
      /^attempts to get past the rules 2\.5 .* severity 0\.5 × 10 × weight 0\.5 = 2\.5$/iu,
    )
    await page.getByText('Score 10.5').waitFor()
    await page.getByText('What was asked is against the policy of this server').waitFor()
    const likeness = page.getByRole('region', { name: 'Others who were met with the same' })
    const likely = async () => {
      await likeness.getByText('banned').waitFor()
      await likeness.getByText('the same device, which 2 have; the same payment, which 2 have').waitFor()
    }
    await likely()
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(await overflow()).toBe(0)
    await page.goto(`${server.url}/console/cases`)
    await page.getByRole('link', { name: max }).click()
    await page.getByRole('heading', { name: 'What happened' }).waitFor()
    await likely()
    expect(await page.getByText(/until \d{9}/u).count()).toBe(0)
    expect(await overflow()).toBe(0)
    expect(misdeeds).toEqual({ foreign: [], violations: [], thrown: [] })
  },
  90_000,
)
