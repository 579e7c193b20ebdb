import { createHash } from 'node:crypto'
import type { Rung } from './measure.ts'

/** What the ladder goes by. As the settings have it, with its version. */
export interface Policy {
  /** `standing@` and a digest of all that follows: two with the same name decide the same. */
  readonly name: string
  readonly halfLife: number
  readonly thresholds: Readonly<Record<Rung, number>>
  readonly lasts: Readonly<Record<Rung, number | null>>
  /** The strictest step that the ladder takes by itself; null for none. */
  readonly upTo: Rung | null
  /** Milliseconds without a strike after which its own restrictions end. */
  readonly good: number
  readonly weights: Readonly<Record<string, number>>
  readonly grave: ReadonlySet<string>
  readonly graveSeverity: number
  readonly restricted: { readonly streams: number; readonly perMinute: number }
  /** Milliseconds. */
  readonly keep: number
  /** Whether appeals are decided by somebody other than whoever acted. */
  readonly secondReviewer: boolean
  /** What follows when somebody shares so many kinds of things with somebody who is kept out; null for nothing. */
  readonly evasion: { readonly act: 'review' | Rung | null; readonly kinds: number }
}

/** The settings of the section `standing`, as the file has them. */
export interface PolicySettings {
  readonly half_life_days: number
  readonly warn: number
  readonly restrict: number
  readonly suspend: number
  readonly ban: number
  readonly up_to: 'nothing' | Rung
  readonly warn_days: number
  readonly restrict_days: number
  readonly suspend_days: number
  readonly good_days: number
  readonly weights: Readonly<Record<string, number>>
  readonly grave: readonly string[]
  readonly grave_severity: number
  readonly restricted_streams: number
  readonly restricted_per_minute: number
  readonly keep_days: number
  readonly second_reviewer: boolean
  readonly evasion: 'nothing' | 'review' | Rung
  readonly evasion_kinds: number
}

const day = 24 * 60 * 60 * 1000

/**
 * The ladder's policy from its settings, days turned into milliseconds. Its name holds a digest of all settings, so
 * that a change shows.
 */
export function policyOf(settings: PolicySettings): Policy {
  const digest = createHash('sha256')
  const weights = Object.entries(settings.weights).map(
    ([name, weight]) => [`weights.${name}`, weight] as const,
  )
  const all = [...Object.entries({ ...settings, weights: null }), ...weights]
  for (const [name, value] of all.sort(([one], [other]) => (one < other ? -1 : 1))) {
    digest.update(JSON.stringify([name, value]))
  }
  const { warn, restrict, suspend, ban, up_to: upTo } = settings
  return {
    name: `standing@${digest.digest('hex').slice(0, 8)}`,
    halfLife: settings.half_life_days * day,
    thresholds: { warned: warn, restricted: restrict, suspended: suspend, banned: ban },
    lasts: {
      warned: settings.warn_days * day,
      restricted: settings.restrict_days * day,
      suspended: settings.suspend_days * day,
      banned: null,
    },
    upTo: upTo === 'nothing' ? null : upTo,
    good: settings.good_days * day,
    weights: settings.weights,
    grave: new Set(settings.grave),
    graveSeverity: settings.grave_severity,
    restricted: { streams: settings.restricted_streams, perMinute: settings.restricted_per_minute },
    keep: settings.keep_days * day,
    secondReviewer: settings.second_reviewer,
    evasion: {
      act: settings.evasion === 'nothing' ? null : settings.evasion,
      kinds: settings.evasion_kinds,
    },
  }
}
