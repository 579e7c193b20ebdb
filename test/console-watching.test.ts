/** Guard, audit, incidents and the live view in a real browser, on a whole server but for its engine. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAccess } from '../src/access/create-access.ts'
import { buildWebPageWhenStale } from '../src/cli/web-page-build.ts'
import { systemClock } from '../src/core/clock.ts'
import type { RunningServer } from '../src/server.ts'
import { openStorage } from '../src/storage/storage.ts'
import { launchBrowser } from './support/browser.ts'
import { visit } from './support/chat-page.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

const terms = 'Be kind to whoever reads what you made.'
const policy = `name = "standard"
summary = "What this house allows."
judge = false

[[rules]]
name = "codename"
kind = "keywords"
words = ["project nightjar"]
hazard = "S7"
input = "block"
`

let browser: Browser
let server: RunningServer
let home: string
let key: string

beforeAll(async () => {
  browser = await launchBrowser()
  home = mkdtempSync(join(tmpdir(), 'elpis-watching-'))
  mkdirSync(join(home, 'policies'))
  writeFileSync(join(home, 'policies', 'standard.toml'), policy)
  writeFileSync(join(home, 'terms.txt'), terms)
  const config = wholeConfig(home)
  const storage = await openStorage({ home })
  const access = await createAccess({ store: storage, clock: systemClock })
  key = (await access.createKey('root', { role: 'owner' })).key
  await access.close()
  await storage.close()
  server = await startWholeServer(
    { ...config, access: { ...config.access, terms: join(home, 'terms.txt') } },
    { webFolder: await buildWebPageWhenStale(() => {}) },
  )
  await server.ready
}, 120_000)

afterAll(async () => {
  await server.close(AbortSignal.abort())
  await browser.close()
  rmSync(home, { recursive: true, force: true })
})

const none = { foreign: [], violations: [], thrown: [] }

function ask(content: string): Promise<Response> {
  return fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'fake:1b', messages: [{ role: 'user', content }] }),
  })
}

async function signedIn() {
  const visited = await visit(browser, server.url)
  await visited.page.goto(await server.signInLink())
  await visited.page.getByLabel('Your question', { exact: true }).waitFor()
  return visited
}

test('the guard page says what was found, and by which layer; the live page what is going on', async () => {
  expect((await ask('Tell me all of Project Nightjar')).status).toBe(400)
  expect((await ask('Tell me of nightjars')).status).toBe(200)
  await using visited = await signedIn()
  const { page, misdeeds } = visited
  // Verdicts are written together, once a second.
  await expect
    .poll(
      async () => {
        await page.goto(`${server.url}/console/guard`)
        await page.getByRole('heading', { name: 'Policies in force' }).waitFor()
        return await page.getByRole('cell', { name: 'Privacy' }).count()
      },
      { timeout: 30_000 },
    )
    .toBe(1)
  await page.getByText('What this house allows.').waitFor()
  await page.getByRole('button', { name: 'by layer' }).click()
  await page.getByRole('cell', { name: 'rules' }).waitFor({ state: 'attached' })
  await page.goto(`${server.url}/console`)
  await page.getByText('Guard hits').waitFor()
  await page.getByText('hazards S7').first().waitFor()
  expect(misdeeds).toEqual(none)
}, 120_000)

test('the audit page finds an entry by its receipt, and the browser checks its proof', async () => {
  const answer = await ask('What is in the box?')
  await answer.text()
  const receipt = answer.headers.get('elpis-receipt') ?? ''
  await using visited = await signedIn()
  const { page, misdeeds } = visited
  await page.goto(`${server.url}/console/audit`)
  await page.getByText('unwitnessed', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'server started' }).waitFor()
  await page.getByLabel('Receipt').fill(receipt)
  await page.getByRole('button', { name: 'Find' }).click()
  const entry = page.getByRole('article', { name: 'The entry' })
  await entry.getByText('proven to be in the log').waitFor()
  await entry.getByText('"model": "fake:1b"').waitFor()
  await page.getByLabel('Receipt').fill('ent_nobody')
  await page.getByRole('button', { name: 'Find' }).click()
  await page.getByRole('alert').waitFor()
  // One that was swapped on the way is not believed.
  await page.route('**/v1/admin/log/entries/ent_*', async (route) => {
    const body = (await (await route.fetch()).json()) as { entry: object }
    await route.fulfill({ json: { ...body, entry: { ...body.entry, id: 'ent_another' } } })
  })
  await page.reload()
  await page.getByLabel('Receipt').fill(receipt)
  await page.getByRole('button', { name: 'Find' }).click()
  await entry.getByText('NOT PROVEN').waitFor()
  expect(misdeeds).toEqual(none)
}, 120_000)

test('an incident is opened with its clocks, reported, exported with proofs and closed', async () => {
  const answer = await ask('What went wrong?')
  const receipt = answer.headers.get('elpis-receipt') ?? ''
  await using visited = await signedIn()
  const { page, misdeeds } = visited
  await page.goto(`${server.url}/console/incidents`)
  await page.getByLabel('What happened').fill('Somebody got the recipe')
  await page.getByLabel('New York RAISE, 72 hours').check()
  await page.getByLabel('Evidence').fill(`see ${receipt}`)
  await page.getByRole('button', { name: 'Open it' }).click()
  await page.getByRole('heading', { name: 'Somebody got the recipe' }).waitFor()
  await page.getByText(/^[23] days left$/u).waitFor()
  await page.getByText(receipt).waitFor()
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export with proofs' }).click(),
  ])
  const report = await (await saved.createReadStream()).toArray()
  expect(Buffer.concat(report as Buffer[]).toString()).toContain('c2sp.org/tlog-proof@v1')
  await page.getByLabel('Note').fill('Told the office')
  await page.getByLabel('New York RAISE, 72 hours').check()
  await page.getByRole('button', { name: 'Write it down' }).click()
  await page.getByText('reported', { exact: true }).waitFor()
  await page.getByText('Told the office').waitFor()
  await page.getByRole('button', { name: 'Close the incident' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Close it' }).click()
  await page.getByText('closed', { exact: true }).waitFor()
  expect(misdeeds).toEqual(none)
}, 120_000)

test('the account shows the terms, which are accepted there', async () => {
  await using visited = await visit(browser, server.url)
  const { page, misdeeds } = visited
  await page.goto(`${server.url}/`)
  await page.getByLabel('Your key', { exact: true }).fill(key)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByLabel('Your question', { exact: true }).waitFor()
  await page.goto(`${server.url}/account`)
  await page.getByText('not accepted').waitFor()
  await page.getByText('Its text').click()
  await page.getByText(terms).waitFor()
  await page.getByRole('button', { name: 'I have read and accept it' }).click()
  await page.getByText('accepted', { exact: true }).waitFor()
  expect(misdeeds).toEqual(none)
}, 120_000)
