/** Shifted, mirrored or reversed letters. Told by frequent words, which each cipher writes in a way of its own. */
import { frequentWords } from '../legible.ts'
import type { Decoded, Decoder } from './decoder.ts'

interface Word {
  readonly text: string
  readonly start: number
  readonly end: number
  /** It is a frequent word as it stands. */
  readonly plain: boolean
  /** Something stands before it that ends a line or begins a quotation. */
  readonly begins: boolean
}

const bounds = {
  /** What a word that is none of the frequent ones, before or after, takes from the weight of a run. */
  other: 0.12,
  /** A run ends where its weight has fallen by so much. */
  fall: 1.5,
  /** Words on each side of a run that may belong to it. */
  reach: 12,
  /** In so short a text one word is enough for every cipher. */
  short: 12,
}

/** The weight of a word of three letters, which few others become by chance. */
const oneWord = 0.9

/** Frequent words that are others when written backwards. */
const bothWays = new Set('no red era sol ton nav sal sed rep si'.split(' '))

/** One that, done twice, undoes itself. */
/** One that, done twice, undoes itself. */
function cipher(name: string, rewrites: 'letters' | 'order', decode: (text: string) => string): Decoder {
  const hidden = new Set([...frequentWords].map(decode).filter((word) => !bothWays.has(word)))
  return {
    name,
    rewrites,
    decode: (text) => decodeRuns(text, wordsOf(text), { hidden, enough: oneWord, decode }),
  }
}

interface Cipher {
  /** The frequent words as it writes them. */
  readonly hidden: ReadonlySet<string>
  /** The weight of words that tell it. */
  readonly enough: number
  readonly decode: (text: string) => string
}

/** The stretches of a text that a cipher makes frequent words of, more than stand there, wherever they are. */
function* decodeRuns(
  text: string,
  words: readonly Word[],
  { hidden, enough, decode }: Cipher,
): Generator<Decoded> {
  const least = words.length <= bounds.short ? Math.min(enough, oneWord) : enough
  let done = 0
  for (const { first, last } of runs(words, hidden, least)) {
    let from = Math.max(first, done)
    while (
      from > done &&
      first - from < bounds.reach &&
      belongs(words[from - 1]) &&
      words[from]?.begins !== true
    )
      from--
    let to = last
    while (to - last < bounds.reach && belongs(words[to + 1]) && words[to + 1]?.begins !== true) to++
    done = to + 1
    if (from > to) continue
    const start = from === 0 ? 0 : (words[from]?.start ?? 0)
    const end = to === words.length - 1 ? text.length : (words[to]?.end ?? text.length)
    yield { text: decode(text.slice(start, end)), start, end }
  }

  function belongs(word: Word | undefined): boolean {
    return word !== undefined && (!word.plain || hidden.has(word.text))
  }
}

/** Runs of words whose weight reaches `least`, by the index of their first and last hidden word. */
function* runs(
  words: readonly Word[],
  hidden: ReadonlySet<string>,
  least: number,
): Generator<{ first: number; last: number }> {
  let first = -1
  let last = -1
  let weight = 0
  let most = 0
  for (const [at, word] of words.entries()) {
    const found = hidden.has(word.text)
    if (first < 0) {
      if (!found || word.plain || word.text.length === 1) continue
      first = at
      weight = 0
      most = 0
    }
    if (found && !word.plain) {
      weight += weightOf(word.text)
      last = at
    } else if (!found) weight -= word.plain ? 1 : bounds.other
    most = Math.max(most, weight)
    if (weight > 0 && most - weight < bounds.fall) continue
    if (most >= least) yield { first, last }
    first = -1
  }
  if (first >= 0 && most >= least) yield { first, last }
}

/** Of words of two letters many are hidden ones by chance, and single letters tell nothing. */
function weightOf({ length }: string): number {
  return length === 1 ? 0 : length === 2 ? 0.6 : 1
}

function wordsOf(text: string): Word[] {
  const words: Word[] = []
  let end = 0
  for (const match of text.matchAll(/\p{L}+/gu)) {
    const word = match[0].toLowerCase()
    const start = match.index
    words.push({
      text: word,
      start,
      end: start + match[0].length,
      plain: frequentWords.has(word),
      begins: /[\n:"“”]/.test(text.slice(Math.max(end, start - 20), start)),
    })
    end = start + match[0].length
  }
  return words
}

function shift(text: string, by: number): string {
  return text.replaceAll(/[a-zA-Z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97
    return String.fromCharCode(base + ((letter.charCodeAt(0) - base + by) % 26))
  })
}

const backwards = (text: string) => Array.from(text).toReversed().join('')

export const rot13 = cipher('rot13', 'letters', (text) => shift(text, 13))

export const atbash = cipher('atbash', 'letters', (text) =>
  text.replaceAll(/[a-zA-Z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97
    return String.fromCharCode(base + 25 - (letter.charCodeAt(0) - base))
  }),
)

export const reversed = cipher('reversed', 'order', backwards)

export const reversedWords = cipher('reversed words', 'order', (text) =>
  text.replaceAll(/\p{L}{2,}/gu, backwards),
)

/** Shifts by another number than 13. There are many, so that one word is a shifted other by chance. */
const shifts = Array.from({ length: 25 }, (_, index) => index + 1)
  .filter((by) => by !== 13)
  .map((by): Cipher => ({
    hidden: new Set([...frequentWords].map((word) => shift(word, 26 - by))),
    enough: 2.2,
    decode: (text) => shift(text, by),
  }))

export const caesar: Decoder = {
  name: 'caesar',
  rewrites: 'letters',
  decode(text) {
    const words = wordsOf(text)
    const found: Decoded[] = []
    for (const cipher of shifts) found.push(...decodeRuns(text, words, cipher))
    return found.toSorted((left, right) => left.start - right.start)
  },
}
