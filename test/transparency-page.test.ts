/** How a server is run, read by somebody who has not signed in, in a browser that remembers what it saw. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatVerifierKey, plainSignature, signerKey } from '../src/audit/note.ts'
import { launchBrowser } from './support/browser.ts'
import { stage, type Stage } from './support/chat-page.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function grow({ server }: Stage): Promise<void> {
  const seen = async () => (await (await fetch(`${server.url}/log/checkpoint`)).text()).split('\n')[1]
  const before = await seen()
  await server.audit.acts.record({ kind: 'key-created', by: 'owner', about: 'key_1', details: {} })
  await expect.poll(seen, { timeout: 10_000 }).not.toBe(before)
}

const warning = (page: Page) => page.getByRole('alert').first()
const none = { foreign: [], violations: [], thrown: [] }

test('the statement is read without signing in; the browser remembers the log and sees it grow', async () => {
  await using given = await stage(browser, {}, { signedIn: false })
  const { page, server, misdeeds } = given
  await grow(given)
  await page.goto(`${server.url}/`)
  await page.getByRole('link', { name: 'How this server is run' }).click()
  await page.getByText('signed', { exact: true }).waitFor()
  await page.getByText('unwitnessed', { exact: true }).waitFor()
  await page.getByText('Unwitnessed: nobody else signs this log').waitFor()
  await page.getByText('What is asked and answered is kept for 30 days').waitFor()
  await page.getByText('for the first time').waitFor()
  await grow(given)
  await page.reload()
  await page.getByText('The log only grew: its first 1 entries are the same, now it has 2.').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(misdeeds).toEqual(none)
}, 120_000)

test('a past that does not fit is said on every page, until somebody trusts it anew', async () => {
  await using given = await stage(browser)
  const { page, server, misdeeds } = given
  for (let count = 0; count < 3; count++) await grow(given)
  await page.goto(`${server.url}/transparency`)
  await page.getByText('This browser sees the log').or(page.getByText('The log only grew')).waitFor()
  await grow(given)
  // The server shows a log that does not begin with what it showed before.
  await page.route('**/log/consistency?*', async (route) => {
    const answer = (await (await route.fetch()).json()) as { checkpoint: string; proof: string[] }
    await route.fulfill({ json: { ...answer, proof: answer.proof.map(() => 'A'.repeat(43) + '=') } })
  })
  await page.goto(`${server.url}/`)
  await warning(page).getByText('does not go on from what this browser saw').waitFor()
  // It was seen: that the server is honest again changes nothing.
  await page.unroute('**/log/consistency?*')
  await page.reload()
  await warning(page).getByRole('link', { name: 'What this means' }).click()
  await page.getByRole('button', { name: 'Trust what it shows now' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Trust it' }).click()
  await page.getByText('for the first time').waitFor()
  await expect.poll(() => page.getByRole('alert').count()).toBe(0)
  expect(misdeeds).toEqual(none)
}, 120_000)

test('another key is said too, and a statement that it did not sign', async () => {
  await using given = await stage(browser, {}, { signedIn: false })
  const { page, server, misdeeds } = given
  await grow(given)
  await page.goto(`${server.url}/transparency`)
  await page.getByText('for the first time').waitFor()
  const other = formatVerifierKey(signerKey('localhost', plainSignature, Buffer.alloc(32, 9)))
  await page.route('**/log/key', (route) => route.fulfill({ body: `${other}\n` }))
  await page.route('**/log/transparency', async (route) => {
    const answer = (await (await route.fetch()).json()) as { note: string }
    await route.fulfill({ json: { ...answer, note: answer.note.replace('"requests":0', '"requests":9') } })
  })
  await page.reload()
  await warning(page).getByText('another key than before').waitFor()
  await page.getByText(other).waitFor()
  await page.getByText('not signed by the key known here').waitFor()
  expect(misdeeds).toEqual(none)
}, 120_000)
