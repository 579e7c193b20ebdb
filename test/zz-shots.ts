import { launchBrowser } from './support/browser.ts'
import { apiServer } from './support/api-server.ts'
import { fakeEngine, start, text, finish, usage, error, hanging } from './support/fake-engine.ts'
import { elpisError } from '../src/errors.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { readFileSync } from 'node:fs'

const rich = readFileSync('/tmp/rich.md', 'utf8')
const hostile = readFileSync('/tmp/hostile.md', 'utf8')
const engine = fakeEngine({
  models: ['smollm2:135m', 'qwen3:8b', 'llama3.1:8b-instruct-q4_k_m'],
  answer: async function* (request) {
    const q = request.input.kind === 'chat' ? (request.input.messages.at(-1)?.content ?? '') : ''
    if (q.includes('busy')) { const e = elpisError('overloaded', { queued: 64 }); e.retryAfter = 7; yield error(e); return }
    yield start(34, 12)
    if (q.includes('fail')) {
      yield text('The first part of the answer was fine, and ')
      yield text('then')
      yield error(elpisError('engine_failed', { reason: 'it was killed (signal 9)' }))
      return
    }
    if (q.includes('busy')) {
      const e = elpisError('overloaded', { queued: 64 })
      e.retryAfter = 7
      yield error(e)
      return
    }
    if (q.includes('hang')) {
      yield* hanging('Thinking about ', 'this one ')(request) as any
      return
    }
    const body = q.includes('hostile')
      ? hostile
      : q.includes('think')
        ? '<think>\nThe user wants a number. 6 × 7 = 42.\n</think>\n\nIt is **42**.'
        : rich
    let n = 0
    for (const piece of body.match(/[\s\S]{1,6}/g) ?? []) {
      yield text(piece)
      if (++n % 8 === 0) await sleep(1)
    }
    yield finish('stop')
    yield usage(34, n, 12)
  },
})
const only = process.argv[2]
const server = await apiServer(engine, { webFolder: '/work/main/web/dist' })
const browser = await launchBrowser()
for (const [device, viewport] of [
  ['desktop', { width: 1280, height: 820 }],
  ['phone', { width: 360, height: 740 }],
] as const) {
  for (const colorScheme of ['light', 'dark'] as const) {
    if (only && !`${device}-${colorScheme}`.includes(only)) continue
    const context = await browser.newContext({
      viewport,
      colorScheme,
      deviceScaleFactor: 2,
      isMobile: device === 'phone',
      hasTouch: device === 'phone',
    })
    const page = await context.newPage()
    page.on('console', (m) => console.log('console', m.type(), m.text()))
    page.on('pageerror', (e) => console.log('pageerror', e))
    page.on('request', (r) => {
      if (!r.url().startsWith(server.url)) console.log('FOREIGN', r.url())
    })
    const shot = (name: string) =>
      page.screenshot({ path: `/tmp/shots/${name}-${device}-${colorScheme}.png` })
    const send = async (q: string) => {
      await page.getByLabel('Your question', { exact: true }).fill(q)
      await page.getByRole('button', { name: 'Send' }).click()
    }
    const done = () =>
      page.locator('[data-role=assistant]:last-of-type:not([data-state=streaming])').last().waitFor()
    await page.goto(`${server.url}/sign-in#used`)
    await page.getByText('does not work any more').waitFor()
    await sleep(400); await shot('sign-in')
    const link = await server.access.createSignInLink()
    await page.goto('about:blank')
    await page.goto(`${server.url}/sign-in#${link.token}`)
    await page.getByLabel('Your question', { exact: true }).waitFor()
    await sleep(400)
    await shot('empty')
    await send('Show me a rich answer with code and a table')
    await page.getByRole('button', { name: 'Answer again' }).waitFor()
    await sleep(1200)
    await shot('conversation-end')
    await page.evaluate(() => document.querySelector('article')!.scrollIntoView())
    await sleep(300)
    await shot('conversation')
    await page.getByRole('button', { name: 'Edit question' }).click()
    await sleep(200)
    await shot('edit')
    await page.keyboard.press('Escape')
    await send('please fail now')
    await page.getByRole('alert').waitFor()
    await sleep(300)
    await shot('error')
    await page.getByRole('button', { name: 'Settings of this chat' }).click()
    await sleep(400)
    await shot('chat-settings')
    await page.keyboard.press('Escape')
    await sleep(200)
    await page.getByRole('button', { name: 'New chat' }).first().click()
    await send('I am busy')
    await page.getByRole('alert').waitFor()
    await sleep(200)
    await shot('busy')
    await page.getByRole('button', { name: 'New chat' }).first().click()
    await send('What do you think is 6*7?')
    await page.getByRole('button', { name: 'Answer again' }).waitFor()
    await page.getByText('Thoughts').click()
    await sleep(200)
    await shot('thoughts')
    await page.getByRole('button', { name: 'New chat' }).first().click()
    await send('Be hostile')
    await page.getByRole('button', { name: 'Answer again' }).waitFor()
    await sleep(500)
    await page.evaluate(() => document.querySelector('article')!.scrollIntoView())
    await sleep(200)
    await shot('hostile')
    await page.getByRole('button', { name: 'New chat' }).first().click()
    await send('hang on')
    await sleep(300)
    await shot('streaming')
    await page.keyboard.press('Escape')
    await sleep(300)
    await shot('stopped')
    await page.keyboard.press('Control+k')
    await sleep(300)
    await page.keyboard.type('part')
    await sleep(200)
    await shot('search')
    await page.keyboard.press('Escape')
    await sleep(200)
    if (device === 'phone') {
      await page.getByRole('button', { name: 'Show conversations' }).click()
      await sleep(500)
      await shot('drawer')
    }
    await page.getByRole('button', { name: /Signed in by link/ }).click()
    await sleep(200)
    await shot('account')
    await page.getByRole('menuitem', { name: 'Settings' }).click()
    await sleep(400)
    await shot('settings')
    await context.close()
  }
}
await browser.close()
await server[Symbol.asyncDispose]()
