import { createHmac } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { EntryId } from '../../core/ids.ts'
import { clustersOf, type Cluster } from './clusters.ts'
import type { Sign, SignStore } from './sign.ts'

/** Groups of questions and hazards that at least k people share. No text, nobody's name. */
export interface Findings {
  readonly since: number
  readonly until: number
  /** Fewest people of anything that is told. */
  readonly k: number
  /** Questions that were looked at. */
  readonly questions: number
  readonly clusters: readonly ClusterFinding[]
  readonly hazards: readonly HazardFinding[]
}

export interface ClusterFinding {
  /** The same for the same group from look to look, as long as its first question is kept. */
  readonly id: string
  /** `campaign`: most of it was an attack or refused. */
  readonly kind: 'campaign' | 'topic'
  readonly people: number
  readonly questions: number
  readonly blocked: number
  readonly attacks: number
  readonly hazards: Readonly<Record<string, number>>
  readonly first: number
  readonly last: number
  /** Of the later half of the time, in relation to the earlier one; null when there is nothing in that. */
  readonly trend: number | null
  /** Entries of the log to begin a case or a rule with, the newest first; of campaigns only. */
  readonly entries: readonly EntryId[]
}

export interface HazardFinding {
  readonly hazard: string
  readonly people: number
  readonly questions: number
  readonly blocked: number
  /** In as long a time before. */
  readonly before: number
  /** More than chance explains, by Poisson's law at four standard deviations. */
  readonly sudden: boolean
}

export interface InsightParts {
  readonly store: SignStore
  readonly clock: Clock
  /** Fewest people of anything; who asks may want more, never less. */
  readonly leastPeople: number
}

const mostSigns = 200_000
const mostClusters = 100
const mostEntries = 50

/**
 * What many people ask alike. `look` shows only what at least `k` people did: the number asked for, and never less
 * than `leastPeople`.
 */
export class Insight {
  readonly #parts: InsightParts

  constructor(parts: InsightParts) {
    this.#parts = parts
  }

  async look(since: number, wantedPeople: number): Promise<Findings> {
    const { store, clock, leastPeople } = this.#parts
    const until = clock.now()
    const k = Math.max(wantedPeople, leastPeople)
    const all = await store.since(since - (until - since), mostSigns)
    const signs = all.filter(({ at }) => at >= since)
    const before = all.filter(({ at }) => at < since)
    return {
      since,
      until,
      k,
      questions: signs.length,
      clusters: clustersOf(signs.toReversed(), k)
        .slice(0, mostClusters)
        .map((cluster) => clusterFinding(cluster, (since + until) / 2)),
      hazards: hazardFindings(signs, before, k),
    }
  }
}

function clusterFinding({ signs, people }: Cluster, middle: number): ClusterFinding {
  const blocked = signs.filter((sign) => sign.blocked === 1).length
  const attacks = signs.filter((sign) => sign.attack === 1).length
  const bad = signs.filter((sign) => sign.attack === 1 || sign.blocked === 1).length
  const times = signs.map(({ at }) => at)
  const late = times.filter((at) => at >= middle).length
  const kind = bad * 2 >= signs.length ? 'campaign' : 'topic'
  const newest = signs.toSorted((left, right) => right.at - left.at).slice(0, mostEntries)
  return {
    id: `cluster_${createHmac('sha256', 'cluster')
      .update(signs[0]?.entryId ?? '')
      .digest('hex')
      .slice(0, 16)}`,
    kind,
    people,
    questions: signs.length,
    blocked,
    attacks,
    hazards: counted(signs.flatMap(hazardsOf)),
    first: Math.min(...times.slice(0, 1), ...times.slice(-1)),
    last: Math.max(...times.slice(0, 1), ...times.slice(-1)),
    trend: signs.length === late ? null : late / (signs.length - late),
    entries: kind === 'campaign' ? newest.map(({ entryId }) => entryId) : [],
  }
}

function hazardFindings(signs: readonly Sign[], before: readonly Sign[], k: number): HazardFinding[] {
  const earlier = counted(before.flatMap(hazardsOf))
  return (
    Object.keys(counted(signs.flatMap(hazardsOf)))
      .map((hazard) => {
        const own = signs.filter((sign) => hazardsOf(sign).includes(hazard))
        const expected = earlier[hazard] ?? 0
        return {
          hazard,
          people: new Set(own.map(({ person }) => person)).size,
          questions: own.length,
          blocked: own.filter(({ blocked }) => blocked === 1).length,
          before: expected,
          sudden: own.length > expected + 4 * Math.sqrt(expected + 1) && own.length >= 10,
        }
      })
      .filter(({ people }) => people >= k)
      // What fewer than k people did before is not told either.
      .map((finding) =>
        Object.assign(finding, { before: hidden(before, finding.hazard, k) ? 0 : finding.before }),
      )
      .toSorted((left, right) => right.questions - left.questions)
  )
}

function hidden(signs: readonly Sign[], hazard: string, k: number): boolean {
  const people = new Set(signs.filter((sign) => hazardsOf(sign).includes(hazard)).map(({ person }) => person))
  return people.size < k
}

function hazardsOf({ hazards }: Sign): string[] {
  return hazards === '' ? [] : hazards.split(' ')
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
