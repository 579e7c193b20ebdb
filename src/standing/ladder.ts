/** From strikes to points, from points to a rung. Nothing here touches a store or a clock. */
import { hazards, type Hazard } from '../core/verdict.ts'
import type { StandingEvent } from './event.ts'
import { rungs, type Rung } from './measure.ts'
import type { Policy } from './policy.ts'

const pointsOfStrike = 10

/** What one strike adds to a score, and how that comes about. */
export interface Contribution {
  readonly event: StandingEvent
  readonly weight: number
  /** When it was new. */
  readonly points: number
  /** Now, after its decay. */
  readonly counts: number
}

/** What a strike adds to a score when it is new. */
export function pointsOf(
  { hazard, severity }: Pick<StandingEvent, 'hazard' | 'severity'>,
  policy: Policy,
): number {
  return pointsOfStrike * severity * weightOf(hazard, policy)
}

/** What is left of points after some milliseconds. */
export function decayed(points: number, age: number, { halfLife }: Policy): number {
  return points * 0.5 ** (age / halfLife)
}

/** The highest rung that a score reaches; null for none. */
export function rungAt(score: number, { thresholds }: Policy): Rung | null {
  return rungs.findLast((rung) => score >= thresholds[rung]) ?? null
}

function weightOf(hazard: StandingEvent['hazard'], { weights }: Policy): number {
  return weights[hazard ?? ''] ?? 1
}

/** Strikes, the heaviest first. What is not the subject's own, or was taken back, is none. */
export function contributions(events: readonly StandingEvent[], policy: Policy, now: number): Contribution[] {
  return events
    .filter(({ hazard, attributable, voidedBy }) => hazard !== null && attributable && voidedBy === null)
    .map((event) => {
      const points = pointsOf(event, policy)
      return {
        event,
        weight: weightOf(event.hazard, policy),
        points,
        counts: decayed(points, now - event.at, policy),
      }
    })
    .sort((one, other) => other.counts - one.counts)
}

/** The points of all strikes together, each as far as it still counts. */
export function scoreOf(strikes: readonly Contribution[]): number {
  return strikes.reduce((sum, { counts }) => sum + counts, 0)
}

/** What the ladder asks for: a rung, and whether a person must look at it. */
export interface Demand {
  readonly rung: Rung | null
  readonly grave: boolean
}

/** @param fresh the strikes that have just come in; they alone can be grave */
export function demandOf(score: number, fresh: readonly StandingEvent[], policy: Policy): Demand {
  const earned = rungAt(score, policy)
  const grave = fresh.some(
    ({ hazard, severity, attributable }) =>
      attributable && hazard !== null && policy.grave.has(hazard) && severity >= policy.graveSeverity,
  )
  return { rung: grave ? higher(earned, 'suspended') : earned, grave }
}

/** The part of a demand that the ladder may do by itself. */
export function automatic({ rung }: Demand, { upTo }: Policy): Rung | null {
  if (rung === null || upTo === null) return null
  return rungs.indexOf(rung) <= rungs.indexOf(upTo) ? rung : upTo
}

function higher(one: Rung | null, other: Rung): Rung {
  return one !== null && rungs.indexOf(one) > rungs.indexOf(other) ? one : other
}

/** What somebody reads whom the ladder takes a step against. */
export function reasonOf(strikes: readonly Contribution[], score: number): string {
  const names = [...new Set(strikes.map(({ event }) => nameOf(event.hazard)))].slice(0, 4)
  return `What was asked is against the policy of this server: ${names.join(', ')}. ${strikes.length} ${
    strikes.length === 1 ? 'strike' : 'strikes'
  }, ${score.toFixed(1)} points.`
}

/** A hazard in words. */
export function nameOf(hazard: StandingEvent['hazard']): string {
  if (hazard === 'attack') return 'attempts to get past the rules'
  return hazards[hazard as Hazard] ?? 'behaviour'
}
