/** What rules would have done to whom, had they been in force: nothing is written. */
import { decayed, pointsOf, rungAt } from '../ladder.ts'
import { rungs, type Rung } from '../measure.ts'
import type { Policy } from '../policy.ts'
import type { EventStore, SightingStore } from '../store.ts'
import { parseTarget, targetText, type Target } from '../target.ts'
import type { StandingEvent } from '../event.ts'
import type { Rule, RuleSet } from './rule-set.ts'
import { counts, eventTally, useTally, type Tally, type Use } from './tally.ts'
import { targetOfParty, type UseHistory } from './use-history.ts'

/** What one rule would have done to one target. */
export interface WouldHit {
  readonly target: string
  readonly times: number
  readonly firstAt: number
  readonly lastAt: number
  /** Most that was counted in one window. */
  readonly most: number
}

/** How high somebody's score was at its highest, in the time looked at. */
export interface Peak {
  readonly target: string
  readonly was: number
  readonly would: number
  readonly rungWas: Rung | null
  readonly rungWould: Rung | null
}

export interface RulesDryRun {
  readonly rules: string
  readonly since: number
  readonly until: number
  readonly looked: { readonly events: number; readonly hoursOfUse: number; readonly sightings: number }
  /** Whether all that is kept of that time was looked at. */
  readonly complete: boolean
  /** Everybody whom any of the rules would have hit. */
  readonly people: number
  readonly byRule: readonly {
    readonly rule: string
    readonly action: string
    readonly people: number
    readonly hits: readonly WouldHit[]
  }[]
  /** Of those who would have been hit, those whose score would have been highest first. */
  readonly peaks: readonly Peak[]
  /** How many of them had, and would have had, their highest score on each rung; `none` below the first. */
  readonly distribution: readonly {
    readonly rung: Rung | 'none'
    readonly from: number
    readonly was: number
    readonly would: number
  }[]
}

interface DryRunParts {
  readonly events: EventStore
  readonly sightings: SightingStore
  readonly use: UseHistory
  readonly policy: Policy
}

const day = 24 * 60 * 60 * 1000
const pageRows = 2000
/** So much is read at most, so that a dry run on a running server ends. */
const mostRows = 1_000_000
const mostListed = 1000

/**
 * Runs a set of rules over what happened from `since` to `until` (milliseconds since 1970). `complete` is false when
 * there were more than a million rows of one kind to read.
 */
export async function dryRun(
  set: RuleSet,
  { since, until }: { readonly since: number; readonly until: number },
  parts: DryRunParts,
): Promise<RulesDryRun> {
  const run = new Run(set, parts.policy, since)
  const events = await overEvents(run, since, until, parts)
  const use = await overUse(run, since, until, parts)
  const seen = await overSightings(run, since, until, parts)
  const looked = { events: events.rows, hoursOfUse: use.rows, sightings: seen.rows }
  const complete = events.complete && use.complete && seen.complete
  return { rules: set.version, since, until, looked, complete, ...run.result() }
}

/** What has been found so far, and what it would do to scores. */
class Run {
  readonly rules: readonly Rule[]
  readonly #policy: Policy
  readonly #since: number
  readonly #hits = new Map<Rule, Map<string, WouldHit>>()
  readonly #tallies = new Map<string, { tally: Tally<never>; quietUntil: number }>()
  /** Strikes that count, each as when and how many points. */
  readonly #strikes = new Map<string, [at: number, points: number][]>()
  readonly #given = new Map<string, [at: number, points: number][]>()

  /** @param since what would have been found before it is not told */
  constructor({ rules }: RuleSet, policy: Policy, since: number) {
    this.rules = rules
    this.#policy = policy
    this.#since = since
    for (const rule of rules) this.#hits.set(rule, new Map())
  }

  strike(target: string, event: StandingEvent): void {
    put(this.#strikes, target, [event.at, pointsOf(event, this.#policy)])
  }

  add<Thing>(rule: Rule, target: string, at: number, thing: Thing, make: () => Tally<Thing>): void {
    const name = `${rule.id} ${target}`
    const kept = this.#tallies.get(name) ?? { tally: make(), quietUntil: 0 }
    this.#tallies.set(name, kept)
    const measure = (kept.tally as Tally<Thing>).add(thing)
    if (measure < rule.at_least || at < this.#since) return
    const before = this.#hits.get(rule)?.get(target)
    const again = at >= kept.quietUntil
    if (again) kept.quietUntil = at + rule.within
    this.#hits.get(rule)?.set(target, {
      target,
      times: (before?.times ?? 0) + (again ? 1 : 0),
      firstAt: before?.firstAt ?? at,
      lastAt: again ? at : (before?.lastAt ?? at),
      most: Math.max(before?.most ?? 0, measure),
    })
    const { action } = rule
    if (again && action.do === 'strike') put(this.#given, target, [at, pointsOf(action, this.#policy)])
  }

  /** Windows of one kind of history are not needed for the next. */
  forgetTallies(): void {
    this.#tallies.clear()
  }

  result(): Pick<RulesDryRun, 'people' | 'byRule' | 'peaks' | 'distribution'> {
    const targets = new Set(this.#hits.values().flatMap((hits) => hits.keys()))
    const peaks = [...targets].map((target) => this.#peakOf(target))
    peaks.sort((one, other) => other.would - one.would || (one.target < other.target ? -1 : 1))
    return {
      people: targets.size,
      byRule: this.rules.map((rule) => {
        const hits = [...(this.#hits.get(rule)?.values() ?? [])]
        hits.sort((one, other) => other.most - one.most || (one.target < other.target ? -1 : 1))
        const action = rule.action.do === 'review' ? `review (${rule.action.propose})` : rule.action.do
        return { rule: rule.name, action, people: hits.length, hits: hits.slice(0, mostListed) }
      }),
      peaks: peaks.slice(0, mostListed),
      distribution: (['none', ...rungs] as const).map((rung) => ({
        rung,
        from: rung === 'none' ? 0 : this.#policy.thresholds[rung],
        was: peaks.filter(({ rungWas }) => (rungWas ?? 'none') === rung).length,
        would: peaks.filter(({ rungWould }) => (rungWould ?? 'none') === rung).length,
      })),
    }
  }

  #peakOf(target: string): Peak {
    const had = this.#strikes.get(target) ?? []
    const policy = this.#policy
    const was = highest(had, policy)
    const would = highest([...had, ...(this.#given.get(target) ?? [])], policy)
    return { target, was, would, rungWas: rungAt(was, policy), rungWould: rungAt(would, policy) }
  }
}

function put(map: Map<string, [number, number][]>, name: string, value: [number, number]): void {
  const list = map.get(name)
  if (list === undefined) map.set(name, [value])
  else list.push(value)
}

/** The highest that a score was, while each strike decayed by half in each half-life. */
function highest(strikes: readonly (readonly [at: number, points: number])[], policy: Policy): number {
  let score = 0
  let most = 0
  let before = 0
  for (const [at, points] of strikes.toSorted(([one], [other]) => one - other)) {
    score = decayed(score, at - before, policy) + points
    before = at
    most = Math.max(most, score)
  }
  return most
}

interface Read {
  readonly rows: number
  readonly complete: boolean
}

async function overEvents(run: Run, since: number, until: number, { events }: DryRunParts): Promise<Read> {
  let after = { at: since - Math.max(...run.rules.map(({ within }) => within)), id: '' }
  for (let rows = 0; rows < mostRows;) {
    const page = await events.page(after, until, pageRows)
    for (const event of page) {
      if (event.target.kind === 'org' || event.hazard === null || event.voidedBy !== null) continue
      const target = targetText(event.target)
      // What a set of this name gave before is not counted twice.
      const given = run.rules.some(({ id }) => event.note?.startsWith(`${id} `) === true)
      if (event.attributable && !given) run.strike(target, event)
      for (const rule of run.rules) {
        if (counts(rule, event)) run.add(rule, target, event.at, event, () => eventTally(rule))
      }
    }
    rows += page.length
    const last = page.at(-1)
    if (last === undefined || page.length < pageRows) {
      run.forgetTallies()
      return { rows, complete: true }
    }
    after = { at: last.at, id: last.id }
  }
  run.forgetTallies()
  return { rows: mostRows, complete: false }
}

async function overUse(run: Run, since: number, until: number, { use }: DryRunParts): Promise<Read> {
  const rules = run.rules.filter(({ signal: { kind } }) => kind === 'volume' || kind === 'keys')
  let rows = 0
  let complete = true
  if (rules.length === 0) return { rows, complete }
  const usual = ({ signal }: Rule) => (signal.kind === 'volume' ? signal.usual : 0)
  const lead = Math.max(...rules.map((rule) => rule.within + usual(rule)))
  for (let from = since - lead; from < until; from += day) {
    const page = await use.rows({ since: from, until: Math.min(until, from + day), byHour: true })
    complete &&= page.complete
    rows += page.rows.length
    for (const { at, requests, ...party } of page.rows) {
      for (const rule of rules) {
        const target = rule.signal.kind === 'keys' ? personOf(party.person) : targetOfParty(party)
        if (target === null) continue
        const thing: Use = { at, requests, key: party.key, network: null }
        run.add(rule, targetText(target), at, thing, () => useTally(rule))
      }
    }
  }
  run.forgetTallies()
  return { rows, complete }
}

async function overSightings(
  run: Run,
  since: number,
  until: number,
  { sightings }: DryRunParts,
): Promise<Read> {
  const rules = run.rules.filter(({ signal }) => signal.kind === 'networks')
  let rows = 0
  if (rules.length === 0) return { rows, complete: true }
  const begin = since - Math.max(...rules.map(({ within }) => within))
  for (let from = begin - (begin % day); from < until; from += day) {
    for (let offset = 0; ; offset += pageRows) {
      const page = await sightings.networksOfDay(from, offset, pageRows)
      for (const { key, mark, firstAt, lastAt } of page) {
        if (key === null || lastAt < begin || firstAt >= until) continue
        const at = Math.max(begin, firstAt)
        const target = targetText(parseTarget(`key:${key}`))
        for (const rule of rules) {
          run.add(rule, target, at, { at, requests: 0, key, network: mark }, () => useTally(rule))
        }
      }
      rows += page.length
      if (page.length < pageRows) break
      if (rows >= mostRows) return { rows, complete: false }
    }
  }
  run.forgetTallies()
  return { rows, complete: true }
}

function personOf(person: string | null): Target | null {
  return person === null ? null : ({ kind: 'person', value: person } as Target)
}
