/** The chat page as a stranger meets it: the product's own command, a real model, a real browser. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from './support/browser.ts'
import { chatPage, visit } from './support/chat-page.ts'
import { createKey, freshHome, serveElpis, withRealModel } from './support/elpis.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

test('somebody opens the printed link, asks, sees the answer grow, stops one, and comes back with a key', async () => {
  await using home = freshHome()
  await withRealModel(home)
  await using server = await serveElpis(home, ['--model', 'smollm2:135m'])
  await using visited = await visit(browser, server.url)
  const { page, misdeeds } = visited
  const chat = chatPage(page)

  await page.goto(server.signInLink)
  await chat.button('Settings of this chat').click()
  await page.getByLabel('Temperature', { exact: true }).fill('0')
  await page.getByLabel('Longest answer').fill('48')
  await page.keyboard.press('Escape')
  await chat.ask('Name three colours of the rainbow.')
  const lengths = new Set<number>()
  for (;;) {
    const [text, state] = await chat.lastAnswer.evaluate((answer) => [
      answer.querySelector('.answer')?.textContent ?? '',
      answer.getAttribute('data-state'),
    ])
    if (text !== '' && text !== undefined) lengths.add(text?.length ?? 0)
    if (state !== 'streaming') break
  }
  expect(lengths.size).toBeGreaterThan(2)
  expect(await chat.lastAnswer.getAttribute('data-state')).toBe('done')
  expect(await chat.lastAnswer.textContent()).toMatch(/[\d,.]+ tokens\/s · \d+ tokens · /u)

  await chat.button('New chat').click()
  await chat.ask('Tell me a very long story about a lighthouse.')
  await chat.lastAnswer.locator('.answer').getByText(/\w+/u).first().waitFor()
  await page.keyboard.press('Escape')
  await chat.lastAnswer.getByText('Stopped.').waitFor()

  const { key } = await createKey(home, 'reader')
  await page.getByRole('button', { name: /Signed in by link/u }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByLabel('Your key').fill(key)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /reader/u }).waitFor()
  expect(misdeeds).toEqual({ foreign: [], violations: [], thrown: [] })
})
