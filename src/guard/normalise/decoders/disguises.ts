/** Words that stay readable for people and no longer for a filter: digits for letters, letters spelled out, hidden bytes. */
import { unleet } from '../../../core/leet.ts'
import { fold } from '../fold.ts'
import { isInvisible, selectedByte, taggedAscii } from '../invisible.ts'
import { textOf } from '../legible.ts'
import { decodeMatches, decodePassages, type Decoder } from './decoder.ts'

/** What is longer is no word but a code, and changing it makes noise of it. */
const longestWord = 24

/** Digits at the end of a word, and numbers with their unit, are what they are, unless other words are written so. */
const leetWord =
  /(?<![\p{L}\p{N}@$!|€+])(?=[\p{L}\p{N}@$!|€+]{3,24}(?![\p{L}\p{N}@$!|€+]))(?:[013457@$]+\p{L}{3}|[\p{L}\p{N}@$!|€+]*?\p{L}[01345789@$!|€+]+\p{L})/gu

export const leetspeak: Decoder = {
  name: 'leetspeak',
  rewrites: 'digits',
  decode: (text) =>
    decodePassages(text, leetWord, (passage) =>
      passage.replaceAll(/[\p{L}0134578@$!|€+]{2,}/gu, (word) =>
        word.length <= longestWord && /\p{L}/u.test(word) ? Array.from(word).map(unleet).join('') : word,
      ),
    ),
}

/** Between words of such a text stands more than between its letters. Three in brackets are parameters. */
const spacedRun =
  /(?<![\p{L}\p{N}])(?!\p{L}, ?\p{L}, ?\p{L}[)\]])[\p{L}\p{N}](?:([ .\-_*~|/,·])[\p{L}\p{N}](?![\p{L}\p{N}])|[ .\-_*~|/,·]{2,4}[\p{L}\p{N}](?![\p{L}\p{N}])){2,}/gu

export const spacedLetters: Decoder = {
  name: 'spaced letters',
  rewrites: 'gaps',
  decode: (text) =>
    decodePassages(text, spacedRun, (passage) =>
      passage.replaceAll(spacedRun, (run) =>
        // A list of numbers spells nothing.
        /\p{L}.*\p{L}/u.test(run)
          ? run
              .split(/[ .\-_*~|/,·]{2,}/)
              .map((word) => word.replaceAll(/[ .\-_*~|/,·]/g, ''))
              .join(' ')
          : run,
      ),
    ),
}

/**
 * Text in one script is left as it is written: folding would take the vowels from Hindi and the accents from French.
 * Latin beside look-alikes, letters of mathematics, marks in heaps or hidden characters are another matter.
 */
const mixedScripts =
  /[a-zA-Z][\u0370-\u03ff\u0400-\u04ff\u0530-\u058f]|[\u0370-\u03ff\u0400-\u04ff\u0530-\u058f][a-zA-Z]|[\u1d00-\u1dbf\u0250-\u02af\ua700-\ua7ff\u2100-\u214f\u2460-\u24ff\uff01-\uff5e]|[\u{1d400}-\u{1d7ff}\u{1f130}-\u{1f1ff}]|[a-zA-Z]\p{M}{2}|\p{L}[\u00ad\u200b\u2060-\u206f\ufeff\u202a-\u202e]|[\u{e0000}-\u{e0fff}]|[a-zA-Z][\u0335-\u0338]/gu

/** Full width, look-alikes, marks and what is not seen, in one; words as a reader sees them. */
export const appearance: Decoder = {
  name: 'appearance',
  rewrites: 'shapes',
  decode: (text) =>
    decodePassages(text, mixedScripts, (passage) => {
      const { text: folded } = fold(passage)
      return folded === passage.toLowerCase() ? passage : folded
    }),
}

export const hiddenTags: Decoder = {
  name: 'hidden tags',
  decode: (text) =>
    decodeMatches(text, /[\u{e0020}-\u{e007e}]{3,}/gu, (match) =>
      Array.from(match)
        .map((character) => taggedAscii(character.codePointAt(0) ?? 0) ?? '')
        .join(''),
    ),
}

export const variationBytes: Decoder = {
  name: 'variation selectors',
  decode: (text) =>
    decodeMatches(text, /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{4,}/gu, (match) =>
      textOf(Uint8Array.from(Array.from(match).flatMap((it) => selectedByte(it.codePointAt(0) ?? 0) ?? []))),
    ),
}

/** Two characters of width zero as the bits of hidden text. */
export const zeroWidthBits: Decoder = {
  name: 'zero-width bits',
  decode: (text) =>
    decodeMatches(text, /(?:\u200b|\u200c|\u200d|\u2060|\ufeff){24,}/g, (match) => {
      const kinds = [...new Set(match)]
      if (kinds.length !== 2) return null
      for (const one of kinds) {
        const bits = Array.from(match)
          .map((it) => (it === one ? '1' : '0'))
          .join('')
        const bytes = (bits.match(/[01]{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
        const found = textOf(Uint8Array.from(bytes))
        if (found !== null) return found
      }
      return null
    }),
}

/** What is left when everything that is not seen is taken away. */
export const visible: Decoder = {
  name: 'visible',
  rewrites: 'hidden',
  decode: (text) =>
    decodePassages(text, /(?:\p{Cf}|\u034f|[\u180b-\u180f])+/gu, (passage) =>
      Array.from(passage)
        .filter((character) => !isInvisible(character.codePointAt(0) ?? 0))
        .join(''),
    ),
}
