import { sourceOf, viewsOf, type View } from '../normalise/views.ts'
import type { Passage } from '../scores.ts'

/** What is scored at once, and where it came from. */
export interface Piece {
  readonly passage: Passage
  /** In which view of the text. */
  readonly view: string
  /** Offsets in the original; of a view, of what it was made from. */
  readonly start: number
  readonly end: number
}

const characters = { most: 1200, overlap: 150 }

/**
 * A text and its views in pieces of at most 1,200 characters that overlap by 150 and end between words. The number of
 * pieces grows with the text's length, at most fourfold for views.
 */
export function piecesOf(
  text: string,
  asPassage: (piece: string) => Passage,
  views: readonly View[] = viewsOf(text).views,
): Piece[] {
  return withoutCodes(text, views).flatMap((view) =>
    cut(view.text).map((stretch): Piece => {
      const { start, end } = sourceOf(view, stretch.start, stretch.end)
      return {
        passage: asPassage(view.text.slice(stretch.start, stretch.end)),
        view: view.name,
        start,
        end,
      }
    }),
  )
}

/** Decoders of runs that say nothing as they stand, and look like nothing that a layer has learnt. */
const codes = new Set(['base64', 'base32', 'hex', 'ascii85', 'binary', 'character codes', 'morse', 'braille'])

/** The original with what was decoded in place of its code, and the views; all else of the original is still read. */
function withoutCodes(text: string, views: readonly View[]): readonly View[] {
  const found = views
    .filter(({ name }) => codes.has(name))
    .flatMap((view) => view.parts.map((part) => ({ ...part, decoded: view.text.slice(part.from, part.to) })))
    .toSorted((left, right) => left.start - right.start)
  if (found.length === 0) return views
  const stretches: string[] = []
  const parts: View['parts'][number][] = []
  let from = 0
  const say = (stretch: string, start: number, end: number) => {
    stretches.push(stretch)
    parts.push({ from, to: from + stretch.length, start, end })
    from += stretch.length
  }
  let at = 0
  for (const { start, end, decoded } of found) {
    if (start < at) continue
    if (start > at) say(text.slice(at, start), at, start)
    say(decoded, start, end)
    at = end
  }
  if (at < text.length) say(text.slice(at), at, text.length)
  const plain = stretches.join('')
  const others = views.filter(({ name }) => name !== 'text')
  if (others.some((view) => view.text === plain)) return others
  return [{ name: 'decoded in place', text: plain, parts, rewritten: [] }, ...others]
}

function cut(text: string): { start: number; end: number }[] {
  const pieces: { start: number; end: number }[] = []
  for (let start = 0; start < text.length;) {
    let end = Math.min(text.length, start + characters.most)
    if (end < text.length) {
      const space = text.lastIndexOf(' ', end)
      if (space > start + characters.most / 2) end = space
    }
    pieces.push({ start, end })
    if (end === text.length) break
    start = end - characters.overlap
  }
  return pieces
}
