/**
 * What can be taken out of JSON so that it stays JSON: characters within a string, escapes and values without quotes only
 * whole. Brackets, commas, colons and quotes stay. A text that is no JSON is read the same way: nothing else of a find stays.
 */

/** Where reading goes on: offset in a text, before a character or what cannot be taken apart. */
export interface JsonPlace {
  readonly from: number
  readonly inString: boolean
}

export interface JsonPiece {
  readonly start: number
  readonly end: number
  /** A number, `true`, `false` or `null`: what stands in its place needs quotes. */
  readonly bare: boolean
}

interface Token extends JsonPlace {
  readonly kind: 'plain' | 'escape' | 'bare' | 'sign'
  readonly end: number
  /** More text could belong to it. */
  readonly open: boolean
}

export const jsonBegins: JsonPlace = { from: 0, inString: false }

/** Where reading goes on behind the first `until` characters. */
export function jsonPlaceAt(text: string, place: JsonPlace, until: number): JsonPlace {
  let at = place
  for (const { kind, from, inString, end, open } of tokensOf(text.slice(0, until), place)) {
    const isQuote = kind === 'sign' && text[from] === '"'
    at = { from: open ? from : end, inString: isQuote ? !inString : inString }
  }
  return at
}

/**
 * The pieces of a span that can be taken out, widened to what cannot be taken apart.
 *
 * @param final nothing follows the text
 * @returns null when it is not known yet how far the last of them goes
 */
export function jsonPiecesOf(
  text: string,
  place: JsonPlace,
  span: { readonly start: number; readonly end: number },
  final: boolean,
): JsonPiece[] | null {
  const pieces: JsonPiece[] = []
  for (const { kind, from, end, open } of tokensOf(text, place)) {
    if (from >= span.end) break
    if (kind === 'sign' || end <= span.start) continue
    if (open && !final) return null
    const piece =
      kind === 'plain'
        ? { start: Math.max(from, span.start), end: Math.min(end, span.end), bare: false }
        : { start: from, end, bare: kind === 'bare' }
    const last = pieces.at(-1)
    if (last?.end === piece.start) pieces[pieces.length - 1] = { ...last, end: piece.end }
    else pieces.push(piece)
  }
  return pieces
}

const within = /\\(?:u[\dA-Fa-f]{0,4}|[^u]|$)|[^"\\]+|"/sy
const outside = /[^\s{}[\]:,"]+|./sy

function* tokensOf(text: string, { from: begin, inString: begun }: JsonPlace): Generator<Token> {
  let inString = begun
  for (let from = begin; from < text.length;) {
    const pattern = inString ? within : outside
    pattern.lastIndex = from
    const token = pattern.exec(text)?.[0] ?? text.slice(from)
    const end = from + token.length
    const isBare = !inString && !/^[\s{}[\]:,"]/.test(token)
    const kind = isBare
      ? 'bare'
      : !inString || token === '"'
        ? 'sign'
        : token[0] === '\\'
          ? 'escape'
          : 'plain'
    const isWhole = kind === 'escape' ? /^\\(?:[^u]|u.{4})/s.test(token) : kind !== 'bare'
    yield { kind, from, inString, end, open: end === text.length && !isWhole }
    if (token === '"') inString = !inString
    from = end
  }
}
