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
import { atbash, caesar, reversed, reversedWords, rot13 } from './decoders/whole-text.ts'

/** A text, or a part of it, as it reads once a disguise is taken off. */
export interface View {
  /** How it was reached, such as `base64 rot13`; `text` for the original. */
  readonly name: string
  readonly text: string
  /** Offsets in the original of what it was made from. */
  readonly start: number
  readonly end: number
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

const bounds = {
  /** Views of one text, the original not counted. */
  views: 24,
  /** Disguise over disguise. */
  depth: 3,
  /** Characters of all views together, beyond which only the original is read; times the length of the original. */
  growth: 3,
  least: 4000,
}

/**
 * The original first, then everything that some way of decoding makes readable text of, disguises over disguises up to
 * three deep. Bounded in number and length; linear in the length of the text.
 */
export function viewsOf(text: string): View[] {
  const views: View[] = [{ name: 'text', text, start: 0, end: text.length }]
  const seen = new Set([text])
  let room = Math.max(bounds.least, text.length * bounds.growth)
  let layer: readonly View[] = views.slice()
  for (let depth = 0; depth < bounds.depth && layer.length > 0; depth++) {
    const next: View[] = []
    for (const view of layer) {
      for (const decoder of decoders) {
        for (const decoded of decoder.decode(view.text)) {
          if (seen.has(decoded.text) || decoded.text.trim().length < 3) continue
          if (decoded.text.length > room || views.length > bounds.views) return views
          room -= decoded.text.length
          seen.add(decoded.text)
          const first = view.name === 'text'
          const found = {
            name: first ? decoder.name : `${view.name} ${decoder.name}`,
            text: decoded.text,
            start: first ? decoded.start : view.start,
            end: first ? decoded.end : view.end,
          }
          views.push(found)
          next.push(found)
        }
      }
    }
    layer = next
  }
  return views
}
