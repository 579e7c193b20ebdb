/** The chat page in a real browser, on the real HTTP edge, in front of a fake engine that the test directs. */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { buildWebPageWhenStale } from '../../src/cli/web-page-build.ts'
import { apiServer, type ApiServer } from './api-server.ts'
import { fakeEngine, type FakeEngine, type FakeEngineOptions } from './fake-engine.ts'

/** What a page did that it must never do; each is empty for a good one. */
export interface Misdeeds {
  /** Requests to any other origin than the page's own. */
  readonly foreign: string[]
  /** What the content security policy had to stop. */
  readonly violations: string[]
  /** Errors that nobody caught. */
  readonly thrown: string[]
}

export interface Visit extends AsyncDisposable {
  readonly page: Page
  readonly misdeeds: Misdeeds
}

/** A page of a fresh profile, watched. */
export async function visit(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const misdeeds: Misdeeds = { foreign: [], violations: [], thrown: [] }
  context.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) misdeeds.foreign.push(request.url())
  })
  page.on('console', (message) => {
    if (/content security policy/iu.test(message.text())) misdeeds.violations.push(message.text())
  })
  page.on('pageerror', (error) => misdeeds.thrown.push(error.message))
  return { page, misdeeds, [Symbol.asyncDispose]: () => context.close() }
}

export interface Stage extends Visit {
  readonly engine: FakeEngine
  readonly server: ApiServer
  readonly chat: ChatPage
}

let built: Promise<string> | null = null

/** A server of its own and a page on it, signed in by link unless told otherwise. */
export async function stage(
  browser: Browser,
  engineOptions: FakeEngineOptions = {},
  options: BrowserContextOptions & { readonly signedIn?: boolean } = {},
): Promise<Stage> {
  const { signedIn = true, ...contextOptions } = options
  await using undo = new AsyncDisposableStack()
  const engine = fakeEngine(engineOptions)
  const server = undo.use(
    await apiServer(engine, { webFolder: await (built ??= buildWebPageWhenStale(() => {})) }),
  )
  const visited = undo.use(await visit(browser, server.url, contextOptions))
  const chat = chatPage(visited.page)
  if (signedIn) {
    await visited.page.goto(await signInLink(server))
    // There is somebody to ask.
    await chat.button(/^Model: /u).waitFor()
  }
  const all = undo.move()
  return { ...visited, engine, server, chat, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

export async function signInLink({ url, access }: ApiServer): Promise<string> {
  return `${url}/sign-in#${(await access.createSignInLink()).token}`
}

/** The page in the words of whoever uses it. */
export interface ChatPage {
  readonly field: Locator
  readonly questions: Locator
  readonly answers: Locator
  readonly lastAnswer: Locator
  button(name: string | RegExp): Locator
  ask(text: string): Promise<void>
  /** Waits until the last answer is over. */
  answered(): Promise<void>
}

export function chatPage(page: Page): ChatPage {
  const answers = page.locator('article[data-role=assistant]')
  const field = page.getByLabel('Your question', { exact: true })
  const button = (name: string | RegExp) =>
    page.getByRole('button', { name, exact: typeof name === 'string' }).first()
  return {
    field,
    button,
    answers,
    questions: page.locator('article[data-role=user] p'),
    lastAnswer: answers.last(),
    async ask(text) {
      await field.fill(text)
      await button('Send').click()
    },
    async answered() {
      await page.locator('article[data-role=assistant]:not([data-state=streaming])').last().waitFor()
      await page.locator('article[data-state=streaming]').waitFor({ state: 'detached' })
    },
  }
}
