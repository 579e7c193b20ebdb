import { lookAlike } from './confusables.ts'
import { isInvisible, taggedAscii } from './invisible.ts'

/** A text as it reads, with where each of its characters came from. */
export interface Folded {
  readonly text: string
  /** For each UTF-16 unit of `text` the offset in the source at which its character begins; one more for the end. */
  readonly from: Uint32Array
}

// oxlint-disable-next-line no-control-regex -- tab and line ends are plain text
const plainAscii = /^[\x09\x0a\x0d\x20-\x7e]*$/

/**
 * Lower case, without what is not seen, every character as what it looks like: NFKC, look-alikes, no marks above or
 * below. Made for comparing, not for reading: languages whose vowels are marks lose them, on both sides alike.
 * Linear in the length of the text.
 */
export function fold(source: string): Folded {
  if (plainAscii.test(source)) {
    return {
      text: source.toLowerCase(),
      from: Uint32Array.from({ length: source.length + 1 }, (_, at) => at),
    }
  }
  const pieces: string[] = []
  const from: number[] = []
  let at = 0
  for (const character of source) {
    const piece = foldedCharacter(character)
    if (piece !== '') {
      pieces.push(piece)
      for (let unit = 0; unit < piece.length; unit++) from.push(at)
    }
    at += character.length
  }
  from.push(source.length)
  return { text: pieces.join(''), from: Uint32Array.from(from) }
}

const known = new Map<string, string>()
const mostKnown = 4096

function foldedCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x80) return character.toLowerCase()
  const before = known.get(character)
  if (before !== undefined) return before
  const folded = foldUnusual(character, code)
  if (known.size >= mostKnown) known.clear()
  known.set(character, folded)
  return folded
}

function foldUnusual(character: string, code: number): string {
  const tagged = taggedAscii(code)
  if (tagged !== null) return tagged.toLowerCase()
  if (isInvisible(code)) return ''
  // Regional indicators, the letters that flags are made of.
  if (code >= 0x1f1e6 && code <= 0x1f1ff) return String.fromCharCode(0x61 + code - 0x1f1e6)
  // Letters in squares, filled or not, which NFKC leaves as they are.
  if (code >= 0x1f150 && code <= 0x1f169) return String.fromCharCode(0x61 + code - 0x1f150)
  if (code >= 0x1f170 && code <= 0x1f189) return String.fromCharCode(0x61 + code - 0x1f170)
  const bare = character.normalize('NFKD').replaceAll(/\p{Mn}|\p{Me}/gu, '')
  let folded = ''
  for (const part of bare) folded += lookAlike(part) ?? lookAlike(part.toLowerCase()) ?? part.toLowerCase()
  return folded
}
