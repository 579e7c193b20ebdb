import type { RuleHit } from '../rules/apply.ts'
import type { Replacement, Window } from './lane.ts'

/** A window that ends behind what is taken out, not within it. */
export function aroundRedactions(hits: readonly RuleHit[], window: Window): Window {
  const straddling = hits.filter(
    ({ action, start, end }) => action === 'redact' && start < window.end && end > window.end,
  )
  const end = Math.max(window.end, ...straddling.map((hit) => Math.min(hit.end, window.most)))
  return { ...window, end }
}

/** What stands in place of what is taken out of a window: `[removed: e-mail]`. Overlapping finds become one. */
export function replacementsOf(
  hits: readonly RuleHit[],
  { channel, text, start, end }: Window,
): Replacement[] {
  const spans = hits
    .filter((hit) => hit.action === 'redact' && hit.end > start && hit.start < end)
    .map((hit) => ({
      start: Math.max(hit.start, start),
      end: Math.min(hit.end, end),
      what: hit.what,
      begun: hit.start < start,
    }))
    .toSorted((left, right) => left.start - right.start)
  const merged: { start: number; end: number; what: string; begun: boolean }[] = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last !== undefined && span.start < last.end) last.end = Math.max(last.end, span.end)
    else merged.push(span)
  }
  return merged.map(({ start: from, end: to, what, begun }) => ({
    start: from,
    end: to,
    by: begun ? '' : quoted(`[removed: ${what}]`, channel, text, from, to),
  }))
}

/** In the arguments of a call a bare number must become a string, or they are no JSON any more. */
function quoted(by: string, channel: string, text: string, from: number, to: number): string {
  if (!channel.startsWith('call ')) return by
  const bare =
    /[:,[]\s*$/.test(text.slice(Math.max(0, from - 8), from)) &&
    /^\s*(?:[,}\]]|$)/.test(text.slice(to, to + 8))
  return bare ? `"${by}"` : by
}
