/** The chat page in Chromium: what people do with it, and what a hostile model tries with it. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EntryId } from '../src/core/ids.ts'
import { homeOrganisation } from '../src/core/principal.ts'
import { elpisError } from '../src/errors.ts'
import { launchBrowser } from './support/browser.ts'
import { signInLink, stage, visit, type Stage } from './support/chat-page.ts'
import {
  error,
  finish,
  hanging,
  saying,
  start,
  text,
  usage,
  type FakeEngineOptions,
} from './support/fake-engine.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

const none = { foreign: [], violations: [], thrown: [] }

/** What the engine was asked by the `number`th request. */
function messagesOf({ engine }: Stage, number: number): string[] {
  const input = engine.requests[number]?.input
  return input?.kind === 'chat' ? input.messages.map(({ role, content }) => `${role}: ${content}`) : []
}

const failing: NonNullable<FakeEngineOptions['answer']> = function* () {
  yield start(1)
  yield text('Half of it')
  yield error(elpisError('engine_failed', { reason: 'it was killed' }))
}

// What runs in the page is text here: these tests are compiled without a browser's types.

interface Focused {
  readonly name: string | null
  /** Something shows where the keyboard is. */
  readonly marked: boolean
}
const describeFocus = `(() => {
  const element = document.activeElement
  if (element === null || element === document.body) return null
  const marked = getComputedStyle(element).outlineStyle !== 'none' || element.matches('textarea, input')
  return { name: element.getAttribute('aria-label') ?? element.textContent, marked }
})()`

const recordAnnouncements = `
  globalThis.said = []
  const region = document.querySelector('[role=status][aria-live]')
  new MutationObserver(() => said.push(region.textContent))
    .observe(region, { childList: true, subtree: true, characterData: true })`

describe('signing in', () => {
  test('by link, which leaves no trace of its token', async () => {
    await using given = await stage(browser, {}, { signedIn: false })
    const { page, server, chat } = given
    const link = await signInLink(server)
    const seen: string[] = []
    page.on('request', (request) => seen.push(request.url()))
    await page.goto(link)
    await chat.field.waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
    expect(new URL(page.url()).hash).toBe('')
    expect(seen.join(' ')).not.toContain(new URL(link).hash.slice(1))
    await page.goBack()
    expect(page.url()).toBe('about:blank')
    expect(given.misdeeds).toEqual(none)
  })

  test('by a link that was used before says how to get a new one', async () => {
    await using given = await stage(browser, {}, { signedIn: false })
    const link = await signInLink(given.server)
    await given.page.goto(link)
    await given.chat.field.waitFor()
    await using other = await visit(browser, given.server.url)
    await other.page.goto(link)
    await expect.poll(() => other.page.getByRole('alert').textContent()).toContain('does not work any more')
    expect(await other.page.getByRole('alert').textContent()).toContain('elpis keys link')
    expect(new URL(other.page.url()).hash).toBe('')
    // Whoever is signed in already is not thrown out by an old link.
    await given.page.goto('about:blank')
    await given.page.goto(link)
    await given.chat.field.waitFor()
  })

  test('by key, after a wrong one; and out again', async () => {
    await using given = await stage(browser, {}, { signedIn: false })
    const { page, server, chat } = given
    await page.goto(server.url)
    await page.getByLabel('Your key').fill('elpis-wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Your key').fill(` ${server.key} `)
    await page.keyboard.press('Enter')
    await chat.field.waitFor()
    expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage])')).not.toContain(server.key)
    await page.getByRole('button', { name: /Signed in with a key/u }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByLabel('Your key').waitFor()
    await page.reload()
    await page.getByLabel('Your key').waitFor()
    expect(given.misdeeds).toEqual(none)
  })
})

test('whoever asked is told that somebody read it, and why, until they say that they have seen it', async () => {
  await using given = await stage(browser)
  const { chat, page, server } = given
  const notice = page.getByRole('status', { name: 'Who read what you said' })
  await chat.ask('What is in the box?')
  await chat.answered()
  const {
    entries: [last],
  } = await server.audit.view.latest(homeOrganisation, { before: null, limit: 1 })
  const reader = { id: 'person_reviewer', organisation: homeOrganisation }
  for (const reason of ['case 6', 'case 7']) {
    await server.audit.contents.read(last?.entry.id as EntryId, reader, reason)
  }
  expect(await notice.count()).toBe(0)
  await page.reload()
  await notice.waitFor()
  expect(await notice.textContent()).toMatch(/case 7.* And one more/u)
  await notice.getByRole('link').click()
  for (const text of ['case 6', 'case 7', last?.entry.id ?? '', 'new']) {
    await page.getByText(text).first().waitFor()
  }
  await page.getByRole('link', { name: 'Chat', exact: true }).click()
  await notice.getByRole('button', { name: 'I have seen it' }).click()
  await notice.waitFor({ state: 'detached' })
  await page.reload()
  await chat.button(/^Model: /u).waitFor()
  expect(await (await page.request.get(`${server.url}/v1/notices`)).json()).toMatchObject({ unseen: 0 })
  expect(await notice.count()).toBe(0)
  expect(given.misdeeds).toEqual(none)
})

describe('an answer', () => {
  test('is seen growing, then has its figures', async () => {
    const more = Promise.withResolvers<void>()
    await using given = await stage(browser, {
      answer: async function* () {
        yield start(12, 4)
        yield text('The **first** words')
        await more.promise
        yield text(' and the rest.')
        yield finish('stop')
        yield usage(12, 2, 4)
      },
    })
    const { chat } = given
    await chat.ask('Tell me')
    await chat.lastAnswer.getByText('first').waitFor()
    expect(await chat.lastAnswer.getAttribute('data-state')).toBe('streaming')
    expect(await chat.lastAnswer.locator('strong').textContent()).toBe('first')
    more.resolve()
    await chat.answered()
    expect(await chat.lastAnswer.textContent()).toContain('The first words and the rest.')
    expect(await chat.lastAnswer.textContent()).toMatch(/tokens\/s · 2 tokens · /u)
    expect(await chat.lastAnswer.locator('[title*="4 of them from the cache"]').count()).toBe(1)
    expect(given.misdeeds).toEqual(none)
  })

  test('is stopped, and so is the engine', async () => {
    await using given = await stage(browser, { answer: hanging('As far as ', 'this') })
    const { chat, engine } = given
    await chat.ask('Go on for ever')
    await chat.lastAnswer.getByText('As far as this').waitFor()
    await chat.button('Stop').click()
    await chat.answered()
    expect(await chat.lastAnswer.textContent()).toContain('As far as this')
    expect(await chat.lastAnswer.textContent()).toContain('Stopped.')
    const call = await engine.called(1)
    await call.ended
    expect(call.aborted).toBe(true)
  })

  test('can be had again, and the earlier one is kept', async () => {
    let count = 0
    await using given = await stage(browser, { answer: (request) => saying(`Answer ${++count}`)(request) })
    const { chat } = given
    await chat.ask('Anything')
    await chat.lastAnswer.getByText('Answer 1').waitFor()
    await chat.button('Answer again').click()
    await chat.lastAnswer.getByText('Answer 2').waitFor()
    expect(messagesOf(given, 1)).toEqual(['user: Anything'])
    await chat.button('Earlier answer').click()
    await chat.lastAnswer.getByText('Answer 1').waitFor()
    await chat.button('Later answer').click()
    await chat.lastAnswer.getByText('Answer 2').waitFor()
    expect(await chat.answers.count()).toBe(1)
  })

  test('to an edited question starts a branch', async () => {
    await using given = await stage(browser)
    const { chat, page } = given
    await chat.ask('first')
    await chat.answered()
    await chat.ask('second')
    await chat.answered()
    expect(messagesOf(given, 1)).toEqual(['user: first', 'assistant: first', 'user: second'])
    await chat.questions.first().hover()
    await chat.button('Edit question').click()
    await page.getByLabel('Edit your question').fill('changed')
    await chat.button('Ask again').click()
    await chat.lastAnswer.getByText('changed').waitFor()
    expect(messagesOf(given, 2)).toEqual(['user: changed'])
    expect(await chat.questions.allTextContents()).toEqual(['changed'])
    await chat.button('Earlier question').click()
    await expect.poll(() => chat.questions.allTextContents()).toEqual(['first', 'second'])
  })

  test('that fails in the middle keeps its text, and trying again helps', async () => {
    let count = 0
    await using given = await stage(browser, {
      answer: (request) => (++count > 1 ? saying('Whole') : failing)(request),
    })
    const { chat, page } = given
    await chat.ask('Anything')
    await page.getByRole('alert').waitFor()
    expect(await chat.lastAnswer.textContent()).toContain('Half of it')
    expect(await page.getByRole('alert').textContent()).toContain('it was killed')
    await chat.button('Try again').click()
    await chat.lastAnswer.getByText('Whole').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  test('of a busy server says when to try again', async () => {
    await using given = await stage(browser, {
      answer: function* () {
        const busy = elpisError('overloaded', { queued: 9 })
        busy.retryAfter = 2
        yield error(busy)
      },
    })
    await given.chat.ask('Anything')
    const again = given.page.getByRole('button', { name: /^Try again/u })
    expect(await again.textContent()).toMatch(/in \d s/u)
    expect(await again.isDisabled()).toBe(true)
    await expect.poll(() => again.isDisabled(), { timeout: 5000 }).toBe(false)
  })

  test('that nobody can give, for the key was revoked, leads back to the sign-in; nothing is lost', async () => {
    await using given = await stage(browser, { answer: hanging('Some words') }, { signedIn: false })
    const { chat, page, server } = given
    const { key, id } = await server.access.createKey('guest')
    await page.goto(server.url)
    await page.getByLabel('Your key').fill(key)
    await page.keyboard.press('Enter')
    await chat.ask('My question')
    await chat.lastAnswer.getByText('Some words').waitFor()
    await server.access.revokeKey(id)
    await page.getByLabel('Your key').waitFor()
    const renewed = await server.access.createKey('guest')
    await page.getByLabel('Your key').fill(renewed.key)
    await page.keyboard.press('Enter')
    await chat.questions.getByText('My question').waitFor()
    expect(await chat.lastAnswer.textContent()).toContain('Some words')
  })

  test('of a model that thinks aloud has its thoughts folded away', async () => {
    await using given = await stage(browser, {
      answer: saying('<think>\nhm, ', 'hm\n</think>', '\n\nForty-two.'),
    })
    await given.chat.ask('What is the answer?')
    await given.chat.lastAnswer.getByText('Forty-two.').waitFor()
    const thoughts = given.chat.lastAnswer.getByText('hm, hm')
    expect(await thoughts.isVisible()).toBe(false)
    await given.chat.lastAnswer.getByText('Thoughts').click()
    expect(await thoughts.isVisible()).toBe(true)
  })

  test('whose thoughts come apart from it has them folded away, and does not send them again', async () => {
    await using given = await stage(browser, {
      answer: function* () {
        yield start(1)
        for (const piece of ['hm, ', 'hm'])
          yield { type: 'reasoning-delta', choice: 0, text: piece, tokens: 1, logprobs: null }
        yield text('Forty-')
        yield text('two.')
        yield finish('stop')
        yield usage(1, 4)
      },
    })
    await given.chat.ask('What is the answer?')
    await given.chat.lastAnswer.getByText('Forty-two.').waitFor()
    expect(await given.chat.lastAnswer.getByText('hm, hm').isVisible()).toBe(false)
    await given.chat.lastAnswer.getByText('Thoughts').click()
    expect(await given.chat.lastAnswer.getByText('hm, hm').isVisible()).toBe(true)
    await given.chat.ask('And why?')
    await given.chat.answered()
    expect(given.engine.requests.at(-1)?.input).toMatchObject({
      messages: [{}, { role: 'assistant', content: 'Forty-two.' }, {}],
    })
  })
})

describe('conversations', () => {
  test('stay over a reload, with their drafts, and can be found, renamed and deleted', async () => {
    await using given = await stage(browser)
    const { chat, page } = given
    const list = page.getByRole('navigation', { name: 'Conversations' })
    await chat.ask('How long do eggs boil?')
    await chat.answered()
    await chat.field.fill('a draft for later')
    await chat.button('New chat').click()
    await chat.ask('And what about tea?')
    await chat.answered()
    await page.reload()
    await chat.lastAnswer.getByText('And what about tea?').waitFor()
    expect(await list.getByRole('link').allTextContents()).toEqual([
      'And what about tea?',
      'How long do eggs boil?',
    ])
    await list.getByRole('link', { name: 'How long do eggs boil?' }).click()
    await expect.poll(() => chat.field.inputValue()).toBe('a draft for later')

    await page.keyboard.press('Control+k')
    await page.keyboard.type('TEA')
    await expect.poll(() => page.getByRole('option').count()).toBe(1)
    await page.keyboard.press('Enter')
    await chat.lastAnswer.getByText('And what about tea?').waitFor()

    await chat.button('More').click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
    await page.getByLabel('Title').fill('About tea')
    await page.keyboard.press('Enter')
    await list.getByRole('link', { name: 'About tea' }).waitFor()
    await chat.button('More').click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => list.getByRole('link').allTextContents()).toEqual(['How long do eggs boil?'])
    await page.reload()
    await chat.field.waitFor()
    expect(await list.getByRole('link').allTextContents()).toEqual(['How long do eggs boil?'])
    expect(given.misdeeds).toEqual(none)
  })

  test('go out into a file and come back from it', async () => {
    await using given = await stage(browser)
    const { chat, page } = given
    const links = page.getByRole('navigation', { name: 'Conversations' }).getByRole('link')
    await chat.ask('Something worth keeping')
    await chat.answered()
    await chat.button('More').click()
    const saving = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: 'Save as JSON' }).click()
    const saved = await saving
    expect(saved.suggestedFilename()).toBe('something-worth-keeping.json')
    const path = await saved.path()
    await chat.button('More').click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => links.count()).toBe(0)
    await page.getByRole('button', { name: /Signed in by link/u }).click()
    await page.getByRole('menuitem', { name: 'Settings' }).click()
    await page.getByLabel('File of saved conversations').setInputFiles(path)
    await page.getByText('1 brought in.').waitFor()
    await page.keyboard.press('Escape')
    await links.getByText('Something worth keeping').click()
    await chat.lastAnswer.getByText('Something worth keeping').waitFor()
  })

  test('of one person are not shown to the next one in the same browser', async () => {
    await using given = await stage(browser)
    const { chat, page, server } = given
    await chat.ask('For my eyes only')
    await chat.answered()
    await page.getByRole('button', { name: /Signed in by link/u }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByLabel('Your key').fill(server.key)
    await page.keyboard.press('Enter')
    await chat.field.waitFor()
    expect(await page.getByText('For my eyes only').count()).toBe(0)
    await page.getByText('This conversation is not here').waitFor()
  })

  test('are answered on while another one is read', async () => {
    const more = Promise.withResolvers<void>()
    await using given = await stage(browser, {
      answer: async function* (request) {
        const asked = request.input.kind === 'chat' ? request.input.messages.at(-1)?.content : ''
        if (asked === 'slow') await more.promise
        yield* saying(`Answer to ${asked}`)(request)
      },
    })
    const { chat, page } = given
    await chat.ask('slow')
    await chat.button('New chat').click()
    await chat.ask('quick')
    await chat.lastAnswer.getByText('Answer to quick').waitFor()
    more.resolve()
    await page.getByRole('link', { name: 'slow' }).click()
    await chat.lastAnswer.getByText('Answer to slow').waitFor()
    expect(await chat.answers.count()).toBe(1)
  })
})

describe('settings', () => {
  test('of a chat reach the engine, and only that chat', async () => {
    await using given = await stage(browser, { models: ['small:1b', 'large:8b'] })
    const { chat, page, engine } = given
    await chat.button('Settings of this chat').click()
    await page.getByLabel('System prompt').fill('Be brief.')
    await page.getByLabel('Temperature', { exact: true }).fill('0,5')
    await page.getByLabel('Top P', { exact: true }).fill('0.9')
    await page.getByLabel('Longest answer').fill('7')
    await page.getByLabel('Seed').fill('-1')
    await page.getByText('A whole number from 0').waitFor()
    await page.getByLabel('Seed').fill('42')
    await page.keyboard.press('Escape')
    await chat.button('Model: small:1b').click()
    await page.getByRole('menuitemradio', { name: 'large:8b' }).click()
    await chat.ask('Hello')
    await chat.answered()
    expect(engine.requests[0]).toMatchObject({
      model: 'large:8b',
      maxTokens: 7,
      sampling: { temperature: 0.5, topP: 0.9, seed: 42 },
    })
    expect(messagesOf(given, 0)).toEqual(['system: Be brief.', 'user: Hello'])
    await chat.button('New chat').click()
    await chat.ask('Hello')
    await chat.answered()
    expect(engine.requests[1]).toMatchObject({ maxTokens: null, sampling: { temperature: 0.7, topP: 1 } })
    expect(messagesOf(given, 1)).toEqual(['user: Hello'])
  })

  test('follow the theme of the system until one is chosen, which is remembered', async () => {
    await using given = await stage(browser, {}, { colorScheme: 'dark' })
    const { page } = given
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const dark = await ground()
    await page.getByRole('button', { name: /Signed in by link/u }).click()
    await page.getByRole('menuitem', { name: 'Settings' }).click()
    await page.getByRole('radio', { name: 'Light' }).click()
    const light = await ground()
    expect(light).not.toBe(dark)
    await page.reload({ waitUntil: 'commit' })
    await page.waitForSelector('body')
    expect(await ground()).toBe(light)
    expect(given.misdeeds).toEqual(none)
  })

  test('say honestly to the owner that nothing guards this server, and to nobody else', async () => {
    await using given = await stage(browser)
    await given.page.getByText('No guard is active on this server yet.').waitFor()
    await using other = await visit(browser, given.server.url)
    await other.page.goto(given.server.url)
    await other.page.getByLabel('Your key').fill(given.server.key)
    await other.page.keyboard.press('Enter')
    await other.page.getByText('Models make mistakes').waitFor()
    expect(await other.page.getByText('No guard is active').count()).toBe(0)
  })
})

describe('by keyboard alone', () => {
  test('everything is done', async () => {
    await using given = await stage(browser, {
      answer: (request) =>
        request.input.kind === 'chat' && request.input.messages.at(-1)?.content === 'hang'
          ? hanging('Waiting')(request)
          : saying('Fine')(request),
    })
    const { page, chat } = given
    await page.keyboard.type('one')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('two')
    await page.keyboard.press('Enter')
    await chat.lastAnswer.getByText('Fine').waitFor()
    expect(await chat.questions.first().textContent()).toBe('one\ntwo')
    await page.keyboard.type('hang')
    await page.keyboard.press('Enter')
    await chat.lastAnswer.getByText('Waiting').waitFor()
    await page.keyboard.press('Escape')
    await chat.lastAnswer.getByText('Stopped.').waitFor()
    await page.keyboard.press('ArrowUp')
    await expect.poll(() => page.getByLabel('Edit your question').inputValue()).toBe('hang')
    await page.keyboard.type(' no more')
    await page.keyboard.press('Enter')
    await chat.lastAnswer.getByText('Fine').waitFor()
    await page.keyboard.press('Control+Shift+O')
    await page.getByText('What would you like to know?').waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await chat.questions.first().waitFor()
    await page.keyboard.press('Control+b')
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor({ state: 'detached' })
    expect(given.misdeeds).toEqual(none)
  })

  test('every control can be reached, shows that it is, and has a name', async () => {
    await using given = await stage(browser, {
      answer: saying('| a |\n|---|\n| b |\n\n```js\nconst a = 1\n```'),
    })
    const { page, chat } = given
    await chat.ask('Anything')
    await chat.answered()
    const reached = new Set<string>()
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab')
      const focused = await page.evaluate<Focused | null>(describeFocus)
      if (focused === null) continue
      expect(focused).toMatchObject({ name: expect.stringMatching(/\S/u), marked: true })
      reached.add(focused.name ?? '')
    }
    for (const name of ['Settings of this chat', 'More', 'Copy code', 'Table', 'Code, js', 'Copy answer']) {
      expect([...reached]).toContain(name)
    }
    expect([...reached]).toEqual(expect.arrayContaining(['Answer again', 'Copy question', 'Edit question']))
  })

  test('an answer is announced twice, however many words it has: at its beginning and at its end', async () => {
    const announced = Promise.withResolvers<void>()
    await using given = await stage(browser, {
      answer: async function* (request) {
        await announced.promise
        yield* saying(...Array.from({ length: 40 }, (_, word) => `w${word} `))(request)
      },
    })
    const { page, chat } = given
    await page.evaluate(recordAnnouncements)
    const said = () => page.evaluate<string[]>('said')
    await chat.ask('Count')
    await expect.poll(said).toEqual(['The answer is being written.'])
    announced.resolve()
    await chat.answered()
    await expect.poll(said).toEqual(['The answer is being written.', expect.stringMatching(/^w0 .* w39/u)])
  })
})

describe('on a phone', () => {
  const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }

  test('nothing is cut off, and the list is a drawer', async () => {
    const wide = `| ${'column | '.repeat(12)}\n|${'---|'.repeat(12)}\n\n\`\`\`\n${'x'.repeat(300)}\n\`\`\`\n\n${'y'.repeat(300)}`
    await using given = await stage(browser, { answer: saying(wide) }, phone)
    const { page, chat } = given
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(await overflow()).toBe(0)
    await chat.field.tap()
    await page.keyboard.type('one')
    await page.keyboard.press('Enter')
    await page.keyboard.type('two')
    await chat.button('Send').tap()
    await chat.answered()
    expect(await chat.questions.first().textContent()).toBe('one\ntwo')
    expect(await overflow()).toBe(0)
    await chat.button('Show conversations').tap()
    await page.getByRole('dialog').getByRole('link', { name: 'one' }).tap()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await chat.button('Settings of this chat').tap()
    await page.getByLabel('System prompt').waitFor()
    expect(await overflow()).toBe(0)
    expect(given.misdeeds).toEqual(none)
  })

  test('what can be touched is large enough', async () => {
    await using given = await stage(browser, {}, phone)
    await given.chat.ask('Anything')
    await given.chat.answered()
    const sizes = await given.page
      .getByRole('button')
      .evaluateAll((buttons) =>
        buttons.map((button) => ({ name: button.ariaLabel, ...button.getBoundingClientRect().toJSON() })),
      )
    // WCAG 2.2, 2.5.8: 24 by 24.
    for (const { width, height } of sizes as { width: number; height: number }[]) {
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(24)
    }
  })
})

describe('reading', () => {
  test('is not disturbed by an answer that grows, and the way back is offered', async () => {
    const more = Promise.withResolvers<void>()
    const paragraphs = (from: number) =>
      Array.from({ length: 30 }, (_, index) => `Paragraph ${from + index}\n\n`).join('')
    await using given = await stage(browser, {
      answer: async function* () {
        yield start(1)
        yield text(paragraphs(0))
        await more.promise
        yield text(paragraphs(30))
        yield finish('stop')
        yield usage(1, 2)
      },
    })
    const { page, chat } = given
    const inSight = (wanted: string) =>
      page.getByText(wanted, { exact: true }).evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect()
        return top >= 0 && bottom <= element.ownerDocument.documentElement.clientHeight
      })
    await chat.ask('Write a lot')
    await expect.poll(() => inSight('Paragraph 29').catch(() => false)).toBe(true)
    await page.mouse.move(640, 400)
    await page.mouse.wheel(0, -900)
    await chat.button('To the end').waitFor()
    const before = await page.getByText('Paragraph 5', { exact: true }).boundingBox()
    more.resolve()
    await chat.answered()
    expect(await page.getByText('Paragraph 5', { exact: true }).boundingBox()).toEqual(before)
    await chat.button('To the end').click()
    await expect.poll(() => inSight('Paragraph 59')).toBe(true)
  })
})
