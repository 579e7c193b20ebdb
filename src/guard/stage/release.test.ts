import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Part } from '../../core/part.ts'
import type { Verdict } from '../../core/verdict.ts'
import { Cascade } from '../cascade/cascade.ts'
import { readPolicy } from '../policy/policy.ts'
import { judgeText, type Judgement } from './judgement.ts'
import { Lane, windowsAgain, type Window } from './lane.ts'
import { release } from './release.ts'

const policy = readPolicy(
  `name = "test"
summary = "One word is never said, addresses are taken out."
judge = false
[[rules]]
kind = "keywords"
name = "the word"
words = ["zanzibar", "bay of pearls"]
output = "block"
[[rules]]
kind = "personal-data"
name = "personal data"
output = "redact"
[[rules]]
kind = "secrets"
name = "secrets"
output = "redact"
`,
  'test.toml',
)
const cascade = new Cascade({ screen: null, judge: null, guardModel: null }, 1000)
const passes: Verdict = {
  outcome: 'allow',
  action: 'allow',
  direction: 'input',
  hazards: [],
  scores: null,
  layer: 'none',
  policy: 'test',
}

interface Releasing {
  readonly choices?: number
  readonly json?: boolean
  readonly onWindow?: (window: Window) => void
  /** What the layers say of a window; the rules are real. */
  readonly scored?: (judgement: Judgement) => Judgement
}

async function released(
  parts: readonly Part[],
  goal = 1,
  { choices = 1, json = false, onWindow = () => {}, scored = (it) => it }: Releasing = {},
): Promise<Part[]> {
  async function* drafted(): AsyncGenerator<Part> {
    yield* parts
  }
  const out: Part[] = []
  for await (const part of release({
    drafted: drafted(),
    choices,
    json,
    question: Promise.resolve(passes),
    policies: [policy],
    signal: new AbortController().signal,
    goal: () => goal,
    refusalOf: () => null,
    onJudged: () => {},
    probe: () => null,
    judge: async (window) => {
      onWindow(window)
      const { text, final, start } = window
      const judgement = await judgeText(
        {
          text,
          direction: 'output',
          final,
          from: start,
          asPassage: (response) => ({ prompt: '', response }),
          turn: { account: 'key', later: false },
        },
        [policy],
        cascade,
      )
      return scored(judgement)
    },
  })) {
    out.push(part)
  }
  return out
}

const start: Part = { type: 'start', promptTokens: 3, cachedTokens: 0 }
const text = (said: string, choice = 0) => ({
  type: 'text-delta' as const,
  choice,
  text: said,
  tokens: 1,
  logprobs: null,
})
const thought = (said: string): Part => ({
  type: 'reasoning-delta',
  choice: 0,
  text: said,
  tokens: 1,
  logprobs: null,
})
const finish = (choice = 0) => ({ type: 'finish' as const, choice, reason: 'stop' as const })
const usage: Part = {
  type: 'usage',
  usage: { promptTokens: 3, cachedTokens: 0, outputTokens: 9, reasoningTokens: 0 },
}
const said = (parts: readonly Part[], choice = 0) =>
  parts.map((part) => (part.type === 'text-delta' && part.choice === choice ? part.text : '')).join('')
const paying = (pieces: readonly string[]): Part[] => [
  { type: 'tool-call-start', choice: 0, call: 0, id: 'call_1', name: 'pay' },
  ...pieces.map((it): Part => ({ type: 'tool-call-delta', choice: 0, call: 0, arguments: it, tokens: 1 })),
]
const argumentsOf = (parts: readonly Part[]) =>
  parts.map((part) => (part.type === 'tool-call-delta' ? part.arguments : '')).join('')
const reasonsOf = (parts: readonly Part[]) =>
  parts.flatMap((part) => (part.type === 'finish' ? [part.reason] : []))

/** Pieces of a text, cut at random. */
const pieces = (source: string) =>
  fc.subarray(Array.from({ length: Math.max(0, source.length - 1) }, (_, at) => at + 1)).map((cuts) => {
    const borders = [0, ...cuts, source.length]
    return borders.slice(1).map((end, index) => source.slice(borders[index], end))
  })

const harmless =
  'So we went on, along the shore. It was 9 in the morning, and class 7b sang. Nobody knew why.'

describe('release', () => {
  test.each([1, 5])('tells in which windows it was judged, %i tokens and more', async (goal) => {
    const long = `${harmless} `.repeat(9)
    const drafted = long
      .split(/(?<= )/)
      .flatMap((word, at) => (at % 7 === 0 ? [text(word), thought(word)] : [text(word)]))
    const thoughts = drafted.map((part) => (part.type === 'reasoning-delta' ? part.text : '')).join('')
    const windows: Window[] = []
    const parts = await released([start, ...drafted, finish(), usage], goal, {
      onWindow: (it) => windows.push(it),
    })
    const judged = parts.flatMap((part) => (part.type === 'finish' ? (part.windows ?? []) : []))
    const again = (prose: string) =>
      windowsAgain(
        new Map([
          ['text', prose],
          ['reasoning', thoughts],
        ]),
        judged,
      )
    const place = ({ channel, text: seen, start: from, end }: Window) => [channel, seen, from, end]
    expect(windows.length).toBeGreaterThan(5)
    expect(again(long)?.map(place)).toEqual(windows.map(place))
    expect([again(`${long}.`), again(long.slice(1))]).toEqual([null, null])
  })

  test('passes on every character of what is harmless, in order, however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(pieces(harmless), fc.integer({ min: 1, max: 12 }), async (cut, goal) => {
        const parts = await released([start, ...cut.map((it) => text(it)), finish(), usage], goal)
        expect(said(parts)).toBe(harmless)
        expect(parts[0]).toEqual(start)
        expect(parts.slice(-2)).toMatchObject([finish(), usage])
      }),
      { numRuns: 150 },
    )
  })

  test.each([
    'zanzibar',
    'bay of pearls',
    'Z A N Z I B A R',
    'zan\u200bzibar',
    'emFuemliYXIgaXMgdGhlIHBsYWNlIHRvIGdv',
  ])('no character of "%s" leaves, at whatever token or window it is cut', async (secret) => {
    const whole = `We met in ${secret} at noon.`
    await fc.assert(
      fc.asyncProperty(pieces(whole), fc.integer({ min: 1, max: 12 }), async (cut, goal) => {
        const parts = await released([start, ...cut.map((it) => text(it)), finish(), usage], goal)
        expect('We met in '.startsWith(said(parts))).toBe(true)
        expect(reasonsOf(parts)).toEqual(['content_filter'])
        expect(parts.at(-1)?.type).toBe('usage')
      }),
      { numRuns: 120 },
    )
  })

  test('bytes in hex that spell the word are cut before the third', async () => {
    const whole = 'We met in 7a 61 6e 7a 69 62 61 72 at noon.'
    await fc.assert(
      fc.asyncProperty(pieces(whole), fc.integer({ min: 1, max: 12 }), async (cut, goal) => {
        const parts = await released([start, ...cut.map((it) => text(it)), finish(), usage], goal)
        expect('We met in 7a 61 '.startsWith(said(parts))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    ['ada.lovelace@example.org', 'e-mail'],
    ['DE89 3704 0044 0532 0130 00', 'IBAN'],
    ['4111 1111 1111 1111', 'card'],
    [`ghp_${'a1B2'.repeat(9)}`, 'secret'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE 8a\n-----END PRIVATE KEY-----', 'private key'],
  ])('%s is taken out whole, wherever it is cut', async (secret, name) => {
    await fc.assert(
      fc.asyncProperty(
        pieces(`Send it to ${secret} now.`),
        fc.integer({ min: 1, max: 12 }),
        async (cut, goal) => {
          const parts = await released([start, ...cut.map((it) => text(it)), finish(), usage], goal)
          expect(said(parts)).toBe(`Send it to [removed: ${name}] now.`)
        },
      ),
      { numRuns: 80 },
    )
  })

  test('split over thoughts and text in turns, the word does not get out', async () => {
    const parts = await released([
      start,
      ...Array.from('zanzibar').flatMap((letter) => [text(letter), thought('so ')]),
      finish(),
      usage,
    ])
    expect(said(parts).length).toBeLessThan(4)
    expect(reasonsOf(parts)).toEqual(['content_filter'])
  })

  test('one choice is cut, the other goes on', async () => {
    const parts = await released(
      [
        start,
        text('In ', 0),
        text('In ', 1),
        text('zanzibar ', 0),
        text('Oslo ', 1),
        text('it ', 1),
        finish(1),
        finish(0),
        usage,
      ],
      1,
      { choices: 2 },
    )
    expect(said(parts, 0)).toBe('In ')
    expect(said(parts, 1)).toBe('In Oslo it ')
    expect(reasonsOf(parts).toSorted()).toEqual(['content_filter', 'stop'])
  })

  test('the name and arguments of a call are judged, and stay JSON', async () => {
    const call = (pieces: readonly string[]): Part[] => [
      start,
      ...paying(pieces),
      { type: 'finish', choice: 0, reason: 'tool_calls' },
      usage,
    ]
    const paid = await released(call(['{"card": 4111', '111111111111', ', "to": "a@b.example.org"}']))
    expect(JSON.parse(argumentsOf(paid))).toEqual({ card: '[removed: card]', to: '[removed: e-mail]' })
    const blocked = await released(call(['{"to": "z\\u0061n', 'zibar"}']))
    expect(argumentsOf(blocked)).not.toContain('zibar')
    expect(reasonsOf(blocked)).toEqual(['content_filter'])
  })

  describe('JSON stays JSON', () => {
    const secrets = ['ada.lovelace@example.org', 'DE89 3704 0044 0532 0130 00', `ghp_${'a1B2'.repeat(9)}`]
    const [address = ''] = secrets
    const asJson = (cut: readonly string[], goal = 1) =>
      released([start, ...cut.map((it) => text(it)), finish(), usage], goal, { json: true })

    const isJson = (source: string) => {
      try {
        JSON.parse(source)
        return true
      } catch {
        return false
      }
    }

    test.each([
      ['{"card": 4111111111111111}', { card: '[removed: card]' }],
      ['{"a":[4111111111111111,true]}', { a: ['[removed: card]', true] }],
      ['{"a":-4111111111111111}', { a: '[removed: card]' }],
      [`{"to":"${address}","cc":["${address}"]}`, { to: '[removed: e-mail]', cc: ['[removed: e-mail]'] }],
      [`{"${address}":1}`, { '[removed: e-mail]': 1 }],
      // Found from the `n` on: a backslash alone before the bracket would be no JSON.
      [String.raw`{"say":"So:\n${address}\n"}`, { say: 'So:[removed: e-mail]\n' }],
      [String.raw`{"say":"\"4111111111111111\""}`, { say: '"[removed: card]"' }],
    ])('%s', async (source, expected) => {
      const parts = await asJson([source])
      expect(reasonsOf(parts)).toEqual(['stop'])
      expect(JSON.parse(said(parts))).toEqual(expected)
    })

    test('whatever it says, however it comes', async () => {
      const words = fc.array(fc.constantFrom('so', '\n', '"', '\\', '\u0007', 'é', '😀', '{', ', ', ' '))
      const value = fc
        .tuple(words, fc.constantFrom(...secrets), words)
        .map(([before, secret, after]) => `${before.join('')} ${secret} ${after.join('')}`)
      const number = fc.constantFrom(0, 12.5, 4111111111111111)
      const leaf = fc.oneof(value, number, fc.boolean(), fc.constant(null))
      const source = fc
        .tuple(fc.dictionary(fc.string(), fc.oneof(leaf, fc.array(leaf))), fc.constantFrom(0, 1))
        .map(([object, space]) => JSON.stringify(object, null, space))
        .chain((written) => pieces(written))
      await fc.assert(
        fc.asyncProperty(source, fc.integer({ min: 1, max: 12 }), async (cut, goal) => {
          const parts = await asJson(cut, goal)
          const out = said(parts)
          // Where letters are written as codes a find is as long as the run of them, and may have no end yet.
          const inCode = cut.join('').includes('\\u')
          const [reason] = reasonsOf(parts)
          expect([out, reason === 'stop' ? isJson(out) : inCode]).toEqual([out, true])
          for (const hidden of [...secrets, '4111111111111111']) expect(out).not.toContain(hidden)
        }),
        { numRuns: 120 },
      )
    })

    test('where no rule says what is to go, the answer or the call ends', async () => {
      const scored = (it: Judgement): Judgement => ({
        ...it,
        action: 'redact',
        layer: 'judge',
        hazards: ['S6'],
      })
      const ended = async (parts: readonly Part[], json: boolean) => {
        const out = await released([start, ...parts, finish(), usage], 1, { scored, json })
        return [said(out) + argumentsOf(out), ...reasonsOf(out)]
      }
      expect(await ended([text('Sell it all. ')], false)).toEqual(['[removed: S6]', 'stop'])
      expect(await ended([text('{"advice": "Sell it all."}')], true)).toEqual(['', 'content_filter'])
      expect(await ended(paying(['{"advice": "Sell it all."}']), false)).toEqual(['', 'content_filter'])
    })
  })

  test('probabilities tell nothing of a token whose text is held or taken out', async () => {
    const logprobs = (word: string) => [{ token: 1, bytes: [...Buffer.from(word)], logprob: -1, top: [] }]
    const parts = await released([
      start,
      { type: 'text-delta', choice: 0, text: '', tokens: 1, logprobs: logprobs('zanz') },
      { type: 'text-delta', choice: 0, text: 'zanzibar', tokens: 1, logprobs: logprobs('ibar') },
      finish(),
      usage,
    ])
    expect(parts.filter(({ type }) => type === 'text-delta')).toEqual([])
  })
})

describe('windows', () => {
  test('what leaves together leaves as one part, with all of its tokens and probabilities', async () => {
    const logprobs = [{ token: 1, bytes: [32], logprob: -1, top: [] }]
    const words = ['So ', 'we ', 'went ', 'on. ']
    const plain = await released([start, ...words.map((it) => text(it)), finish(), usage], 100)
    expect(plain.slice(1, -2)).toEqual([{ ...text('So we went on. '), tokens: 4 }])
    const told = words.map((it) => Object.assign(text(it), { logprobs }))
    const parts = await released([start, ...told, finish(), usage], 100)
    expect(parts.slice(1, -2)).toEqual([
      {
        ...text('So we went on. '),
        tokens: 4,
        logprobs: [...logprobs, ...logprobs, ...logprobs, ...logprobs],
      },
    ])
  })

  test('an answer rests between two of them, and not before its end', () => {
    let time = 0
    const lane = new Lane(0, [policy], () => 1, {
      rest: { milliseconds: () => 100, now: () => time },
    })
    const judged = () => {
      const window = lane.next()
      return window === null ? null : said(lane.release(window, []))
    }
    lane.push(text('One two '))
    expect(lane.restsFor).toBe(null)
    expect(judged()).toBe('One two ')
    for (const word of ['three ', 'four ', 'five ', 'six ']) {
      lane.push(text(word))
      expect(judged()).toBe(null)
    }
    expect(lane.restsFor).toBe(100)
    time = 100
    expect(judged()).toBe('three four five six ')
    lane.push(text('seven '))
    expect(judged()).toBe(null)
    lane.push(finish())
    expect(judged()).toBe('seven ')
  })

  test('what was said last leaves though the engine says nothing more', async () => {
    async function* drafted(): AsyncGenerator<Part> {
      yield start
      yield text('One two three. ')
      yield text('Four five six, and then we sang. ')
      await new Promise(() => {})
    }
    const stop = new AbortController()
    const parts = release({
      drafted: drafted(),
      choices: 1,
      json: false,
      question: Promise.resolve(passes),
      policies: [policy],
      signal: stop.signal,
      goal: () => 1,
      rest: { milliseconds: () => 20, now: () => performance.now() },
      probe: () => null,
      refusalOf: () => null,
      onJudged: () => {},
      judge: ({ text: window, final, start: from }) =>
        judgeText(
          {
            text: window,
            direction: 'output',
            final,
            from,
            asPassage: (response) => ({ prompt: '', response }),
            turn: { account: 'key', later: false },
          },
          [policy],
          cascade,
        ),
    })
    let out = ''
    for await (const part of parts) {
      if (part.type === 'text-delta') out += part.text
      if (out.endsWith('sang. ')) break
    }
    expect(out).toBe('One two three. Four five six, and then we sang. ')
    stop.abort()
  })
})
