/** Ciphers over a text as a whole: shifted, mirrored or reversed letters. Told by the words that come out. */
import { shareOfFrequentWords } from '../legible.ts'
import type { Decoded, Decoder } from './decoder.ts'

/** So much more of a text must be frequent words than before. */
const clearly = 0.12

function wholeText(name: string, decode: (text: string) => string): Decoder {
  return {
    name,
    *decode(text): Generator<Decoded> {
      if (text.length < 8) return
      const sample = decode(text.slice(0, 4000))
      const before = shareOfFrequentWords(text)
      for (const [start, end] of [[0, text.length] as const, ...lines(text)]) {
        const whole = start === 0 && end === text.length
        const source = text.slice(start, end)
        const decoded = whole && text.length <= 4000 ? sample : decode(source)
        const gain = shareOfFrequentWords(decoded) - (whole ? before : shareOfFrequentWords(source))
        if (gain >= clearly) yield { text: decoded, start, end }
      }
    },
  }
}

/** Lines, and what stands behind a colon or between quotation marks: a cipher often comes with an instruction in clear. */
function* lines(text: string): Generator<readonly [start: number, end: number]> {
  if (text.length > 20_000) return
  let found = 0
  for (const match of text.matchAll(/[^\n:"“”]{12,}/g)) {
    if (match[0].length === text.length) return
    yield [match.index, match.index + match[0].length]
    if (++found === 8) return
  }
}

function shift(text: string, by: number): string {
  return text.replaceAll(/[a-zA-Z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97
    return String.fromCharCode(base + ((letter.charCodeAt(0) - base + by) % 26))
  })
}

export const rot13 = wholeText('rot13', (text) => shift(text, 13))

export const atbash = wholeText('atbash', (text) =>
  text.replaceAll(/[a-zA-Z]/g, (letter) => {
    const base = letter <= 'Z' ? 65 : 97
    return String.fromCharCode(base + 25 - (letter.charCodeAt(0) - base))
  }),
)

export const reversed = wholeText('reversed', (text) => Array.from(text).toReversed().join(''))

export const reversedWords = wholeText('reversed words', (text) =>
  text.replaceAll(/\p{L}{2,}/gu, (word) => Array.from(word).toReversed().join('')),
)

/** Shifts by another number than 13: the one that gives most words, if any gives many. */
export const caesar: Decoder = {
  name: 'caesar',
  decode(text) {
    const sample = text.slice(0, 400)
    const before = shareOfFrequentWords(sample)
    if (before > 0.2 || !/[a-zA-Z]{3}/.test(sample)) return []
    let best = { by: 0, share: before + clearly }
    for (let by = 1; by < 26; by++) {
      const share = shareOfFrequentWords(shift(sample, by))
      if (share > best.share) best = { by, share }
    }
    return best.by === 0 ? [] : [{ text: shift(text, best.by), start: 0, end: text.length }]
  },
}
