import { RecentMap } from '../../core/recent-map.ts'
import { distance } from '../stage/fingerprint.ts'

interface Attempt {
  readonly at: number
  readonly fingerprint: string
  readonly harm: number
}

const bounds = {
  subjects: 20_000,
  attempts: 48,
  milliseconds: 15 * 60_000,
  /** Bits of 64 in which variants of one text differ at most. */
  alike: 14,
  /** So many variants, the first of them suspicious. */
  variants: 5,
  suspicious: 0.4,
  fall: 0.1,
}

/**
 * Finds whoever climbs down the scores: many near variants of one text whose harm falls. In memory, for a quarter of an
 * hour, fingerprints and scores only.
 */
export class ClimbingWatch {
  readonly #attempts = new RecentMap<string, Attempt[]>(bounds.subjects)

  /** @returns how many variants there were, when this attempt is one of a climb; 0 when it is not */
  note(subject: string, attempt: Attempt): number {
    const before = this.#attempts.peek(subject) ?? []
    const recent = before
      .filter(({ at }) => attempt.at - at <= bounds.milliseconds)
      .slice(1 - bounds.attempts)
    recent.push(attempt)
    this.#attempts.set(subject, recent)
    const variants = recent.filter(
      ({ fingerprint }) => distance(fingerprint, attempt.fingerprint) <= bounds.alike,
    )
    if (variants.length < bounds.variants) return 0
    const half = Math.floor(variants.length / 2)
    const earlier = mean(variants.slice(0, half))
    const later = mean(variants.slice(-half))
    const most = Math.max(...variants.map(({ harm }) => harm))
    return most >= bounds.suspicious && earlier - later >= bounds.fall ? variants.length : 0
  }
}

function mean(attempts: readonly Attempt[]): number {
  return attempts.reduce((sum, { harm }) => sum + harm, 0) / attempts.length
}
