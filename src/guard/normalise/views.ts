import { ascii85, base32, base64, binary, decimalCodes, hex } from './decoders/bases.ts'
import type { Decoder } from './decoders/decoder.ts'
import {
  appearance,
  hiddenTags,
  leetspeak,
  spacedLetters,
  variationBytes,
  visible,
  zeroWidthBits,
} from './decoders/disguises.ts'
import { backslashes, html, quotedPrintable, url } from './decoders/escapes.ts'
import { alphabetPlaces, braille, morse, nato } from './decoders/signs.ts'
import { atbash, caesar, reversed, reversedWords, rot13 } from './decoders/ciphers.ts'

/** A text, or parts of it, as it reads once a disguise is taken off. */
export interface View {
  /** How it was reached, such as `base64 rot13`; `text` for the original. */
  readonly name: string
  /** All that one way of decoding found, a line each. */
  readonly text: string
  /** What stands where in it, in order. */
  readonly parts: readonly Part[]
  /** What of running text was changed, since a run of signs was decoded. */
  readonly rewritten: readonly Rewriting[]
}

interface Part {
  /** Offsets in the view. */
  readonly from: number
  readonly to: number
  /** Offsets in the original of what it was made from. */
  readonly start: number
  readonly end: number
}

export interface Views {
  /** The original first. */
  readonly views: readonly View[]
  /** Nothing was left out for being too much. */
  readonly complete: boolean
}

const decoders: readonly Decoder[] = [
  visible,
  appearance,
  hiddenTags,
  variationBytes,
  zeroWidthBits,
  base64,
  base32,
  hex,
  ascii85,
  binary,
  decimalCodes,
  url,
  html,
  backslashes,
  quotedPrintable,
  morse,
  braille,
  nato,
  alphabetPlaces,
  spacedLetters,
  leetspeak,
  rot13,
  atbash,
  reversed,
  reversedWords,
  caesar,
]

type Rewriting = NonNullable<Decoder['rewrites']>

/** These leave the same text in whatever order they are undone: one order is enough. */
const inOrder: readonly Rewriting[] = ['hidden', 'shapes', 'gaps', 'digits']

function isNoise(rewriting: Rewriting, before: readonly Rewriting[]): boolean {
  const at = inOrder.indexOf(rewriting)
  return before.some((other) => other === rewriting || (at >= 0 && inOrder.indexOf(other) > at))
}

const bounds = {
  /** Views of one text, the original not counted. */
  views: 48,
  /** Disguise over disguise. */
  depth: 5,
  /** Characters of all views together, times the length of the original. */
  growth: 4,
  least: 4000,
}

/**
 * Everything that some way of decoding makes readable text of, disguises over disguises up to five deep. However much
 * one way finds, it is one view, so none takes the room of another. Bounded in number and length; what goes beyond is
 * left out and told. Linear in the length of the text.
 */
export function viewsOf(text: string): Views {
  const original = {
    name: 'text',
    text,
    parts: [{ from: 0, to: text.length, start: 0, end: text.length }],
    rewritten: [],
  }
  const views: View[] = [original]
  const seen = new Set([text])
  let room = Math.max(bounds.least, text.length * bounds.growth)
  let complete = true
  let layer: readonly View[] = views.slice()
  // One layer more is looked for than is read, to tell that there is one.
  for (let depth = 0; depth <= bounds.depth && layer.length > 0; depth++) {
    const next: View[] = []
    for (const view of layer) {
      for (const decoder of decoders) {
        if (decoder.rewrites !== undefined && isNoise(decoder.rewrites, view.rewritten)) continue
        const found = decodedBy(decoder, view)
        if (found === null || seen.has(found.text)) continue
        if (depth === bounds.depth || found.text.length > room || views.length > bounds.views) {
          complete = false
          continue
        }
        room -= found.text.length
        seen.add(found.text)
        views.push(found)
        next.push(found)
      }
    }
    layer = next
  }
  return { views, complete }
}

/** All that a decoder finds in a view, as one; null when it finds nothing. */
function decodedBy(decoder: Decoder, view: View): View | null {
  const texts: string[] = []
  const parts: Part[] = []
  let from = 0
  for (const { text, start, end } of decoder.decode(view.text)) {
    if (text.trim().length < 3) continue
    texts.push(text)
    parts.push({ from, to: from + text.length, ...sourceOf(view, start, end) })
    from += text.length + 1
  }
  if (parts.length === 0) return null
  return {
    name: view.name === 'text' ? decoder.name : `${view.name} ${decoder.name}`,
    text: texts.join('\n'),
    parts,
    rewritten: decoder.rewrites === undefined ? [] : [...view.rewritten, decoder.rewrites],
  }
}

/** Where a stretch of a view came from: offsets in the original, of all parts that it touches. */
export function sourceOf(view: View, from: number, to: number): { start: number; end: number } {
  if (view.name === 'text') return { start: from, end: to }
  const { parts } = view
  let first = 0
  for (let beyond = parts.length - 1; first < beyond;) {
    const middle = (first + beyond) >> 1
    if ((parts[middle]?.to ?? 0) <= from) first = middle + 1
    else beyond = middle
  }
  let { start, end } = parts[first] ?? { start: 0, end: 0 }
  for (let at = first + 1; at < parts.length && (parts[at]?.from ?? to) < to; at++) {
    start = Math.min(start, parts[at]?.start ?? start)
    end = Math.max(end, parts[at]?.end ?? end)
  }
  return { start, end }
}
