import type { Judgement } from './judgement.ts'
import { jsonPiecesOf } from './json-text.ts'
import type { Replacement, Window } from './lane.ts'

/** What leaves of a window, and what stands in place of what is taken out of it. */
interface Redacted {
  /** Ends behind what is taken out, not within it. */
  readonly window: Window
  readonly replacements: readonly Replacement[]
}

/** A stretch that is taken out, and what for. */
interface Taken {
  readonly start: number
  readonly end: number
  readonly what: string
  /** It began in what was let go before, where its label stands already. */
  readonly begun: boolean
  /** Its label needs quotes. */
  readonly quoted: boolean
}

/**
 * Puts `[removed: e-mail]` in place of what is taken out, or of the whole window where no rule says what. Overlapping finds
 * become one.
 *
 * @returns null when JSON would be none any more, or would have lost names and values that no rule is about
 */
export function redacted(judgement: Judgement, window: Window): Redacted | null {
  const { outcome, action, layer, hits, hazards } = judgement
  // What rules find beside it is not what the scores are about. Where nothing could be scored, only rules speak.
  if (action === 'redact' && layer !== 'rules' && outcome !== 'unavailable') {
    if (window.json !== null) return null
    const by = `[removed: ${hazards.join(', ')}]`
    return { window, replacements: [{ start: window.start, end: window.end, by }] }
  }
  const found = hits.filter((hit) => hit.action === 'redact')
  const { text, json, start, most, final } = window
  const straddling = found.filter((hit) => hit.start < window.end && hit.end > window.end)
  const end = Math.max(window.end, ...straddling.map((hit) => Math.min(hit.end, most)))
  const taken: Taken[] = []
  for (const hit of found.filter((it) => it.end > start && it.start < end)) {
    const span = { start: Math.max(hit.start, start), end: Math.min(hit.end, end) }
    const pieces =
      json === null
        ? [{ ...span, bare: false }]
        : jsonPiecesOf(text, json, span, final && end === text.length)
    if (pieces === null) return null
    if (pieces.some((piece) => piece.start < start || piece.end > end)) return null
    for (const { bare, ...piece } of pieces) {
      const begun = hit.start < start && piece.start === start && !bare
      taken.push({ ...piece, what: hit.what, begun, quoted: bare })
    }
  }
  const replacements = merged(taken).map((it) => ({
    start: it.start,
    end: it.end,
    by: it.begun ? '' : written(it, json !== null),
  }))
  return { window: { ...window, end }, replacements }
}

function merged(taken: readonly Taken[]): Taken[] {
  const out: Taken[] = []
  for (const span of taken.toSorted((left, right) => left.start - right.start)) {
    const last = out.at(-1)
    if (last !== undefined && span.start < last.end)
      out[out.length - 1] = { ...last, end: Math.max(last.end, span.end) }
    else out.push(span)
  }
  return out
}

function written({ what, quoted }: Taken, inJson: boolean): string {
  const label = `[removed: ${what}]`
  if (!inJson) return label
  return quoted ? JSON.stringify(label) : JSON.stringify(label).slice(1, -1)
}
