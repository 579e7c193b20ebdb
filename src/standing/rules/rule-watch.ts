import { randomBytes } from 'node:crypto'
import type { CaseId } from '../../core/ids.ts'
import { newEventId, type StandingEvent } from '../event.ts'
import type { Rung } from '../measure.ts'
import type { CaseStore, EventStore, SightingStore } from '../store.ts'
import { targetText, type Target } from '../target.ts'
import type { Finding } from './finding.ts'
import type { Rule } from './rule-set.ts'
import { mostEvents, ofUse } from './schema.ts'
import type { RuleShelf } from './shelf.ts'
import { counts, eventTally, isSudden } from './tally.ts'
import { targetOfParty, type UseHistory, type UseParty } from './use-history.ts'

/** As the author of what a rule adds to a case. */
export const ruleAuthor = 'rule'

interface WatchParts {
  readonly shelf: RuleShelf
  readonly events: EventStore
  readonly cases: CaseStore
  readonly sightings: SightingStore
  readonly use: UseHistory
  readonly now: () => number
  /** A strike that a rule gave is written: it has its consequences. */
  readonly onStrike: (target: Target, strike: StandingEvent) => Promise<void>
  readonly onReview: (target: Target, proposed: Rung) => Promise<void>
}

/** So many of one rule are acted on at a time; the next look finds the others. */
const mostFindings = 500

/**
 * Holds the rules that are switched on against what happens: those over events as these are written, those over use every
 * minute. What a rule has found of somebody it does not find again before its window is over, on any replica.
 */
export class RuleWatch {
  readonly #parts: WatchParts

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** @param fresh what has just been written against this target */
  async noticed(target: Target, fresh: readonly StandingEvent[]): Promise<void> {
    // Against an organisation only people act.
    if (target.kind === 'org') return
    const { shelf, events, now } = this.#parts
    const rules = shelf.rules.filter((rule) => fresh.some((event) => counts(rule, event)))
    if (rules.length === 0) return
    const longest = Math.max(...rules.map(({ within }) => within))
    const past = (await events.strikes(target, now() - longest, mostEvents)).toReversed()
    for (const rule of rules) {
      const tally = eventTally(rule)
      const counted = past.filter((event) => counts(rule, event) && event.at > now() - rule.within)
      const measure = counted.reduce((_before, event) => tally.add(event), 0)
      const last = counted.at(-1)
      if (last === undefined || measure < rule.at_least) continue
      const party = {
        organisation: last.organisation,
        person: last.person,
        key: last.key,
        endUser: last.endUser,
      }
      await this.#carryOut({ rule, target, party, at: now(), measure }, last)
    }
  }

  /** Looks at how everybody uses the server. */
  async look(): Promise<void> {
    for (const rule of this.#parts.shelf.rules.filter(({ signal }) => ofUse(signal.kind))) {
      for (const finding of await this.#found(rule)) await this.#carryOut(finding, null)
    }
  }

  async #found(rule: Rule): Promise<Finding[]> {
    const { sightings, use, now } = this.#parts
    const at = now()
    const since = at - rule.within
    if (rule.signal.kind === 'networks') {
      const keys = await sightings.keysOnNetworks(since, rule.at_least, mostFindings)
      return keys.map(({ key, organisation, person, networks }) => ({
        rule,
        target: { kind: 'key', value: key } as Target,
        party: { organisation, person, key, endUser: null },
        at,
        measure: networks,
      }))
    }
    const { rows } = await use.rows({ since, until: at, byHour: false })
    const findings =
      rule.signal.kind === 'keys' ? keysOfPeople(rule, rows, at) : await this.#volumes(rule, rows, at)
    return findings.slice(0, mostFindings)
  }

  async #volumes(
    rule: Rule,
    rows: readonly (UseParty & { requests: number })[],
    at: number,
  ): Promise<Finding[]> {
    const { signal } = rule
    if (signal.kind !== 'volume') return []
    const sums = new Map<string, { target: Target; party: UseParty; requests: number }>()
    for (const { requests, ...party } of rows) {
      const target = targetOfParty(party)
      if (target === null) continue
      const name = targetText(target)
      const sum = sums.get(name) ?? { target, party, requests: 0 }
      sums.set(name, { ...sum, requests: sum.requests + requests })
    }
    const many = [...sums].filter(([, { requests }]) => requests >= rule.at_least)
    if (many.length === 0) return []
    const usualOf = signal.times > 1 ? await this.#usual(rule.within, signal.usual, at) : () => 0
    return many.flatMap(([name, { target, party, requests }]) => {
      const usual = usualOf(name)
      const sudden = usual !== null && isSudden(requests, usual, signal, rule.within)
      return sudden ? [{ rule, target, party, at, measure: requests }] : []
    })
  }

  /** What everybody did before the window, by the name of their target; null where it cannot be told. */
  async #usual(within: number, usual: number, at: number): Promise<(name: string) => number | null> {
    const until = at - within
    const { rows, complete } = await this.#parts.use.rows({ since: until - usual, until, byHour: false })
    const sums = new Map<string, number>()
    for (const { requests, ...party } of rows) {
      const target = targetOfParty(party)
      if (target === null) continue
      const name = targetText(target)
      sums.set(name, (sums.get(name) ?? 0) + requests)
    }
    return (name) => sums.get(name) ?? (complete ? 0 : null)
  }

  async #carryOut(finding: Finding, last: StandingEvent | null): Promise<void> {
    const { events, cases, onStrike, onReview } = this.#parts
    const { rule, target, at } = finding
    const event = eventOf(finding, last)
    if (!(await events.addOnce(event, `${rule.id} `, at - rule.within))) return
    if (rule.action.do === 'strike') {
      await onStrike(target, event)
      return
    }
    const fresh = `case_${randomBytes(12).toString('hex')}` as CaseId
    const { id, version, within, at_least: least, summary } = rule
    const detail = {
      rule: id,
      version,
      says: summary,
      counted: finding.measure,
      least,
      hours: within / 3_600_000,
    }
    await cases.extend(target, fresh, [{ at, kind: 'noticed', by: ruleAuthor, detail }])
    if (rule.action.do === 'review') await onReview(target, rule.action.propose)
  }
}

/** What is remembered of a finding: a strike, or that it was there. */
export function eventOf(
  { rule: { id, version, action }, target, party, at }: Finding,
  last: StandingEvent | null,
): StandingEvent {
  const strike = action.do === 'strike'
  return {
    ...party,
    id: newEventId(),
    at,
    target,
    network: null,
    fingerprint: null,
    source: 'rule',
    direction: 'input',
    hazard: strike ? action.hazard : null,
    severity: strike ? action.severity : 0,
    attributable: strike,
    requestId: last?.requestId ?? null,
    entryId: last?.entryId ?? null,
    note: `${id} ${version}`,
    voidedBy: null,
  }
}

function keysOfPeople(rule: Rule, rows: readonly UseParty[], at: number): Finding[] {
  const keys = new Map<string, { party: UseParty; keys: Set<string> }>()
  for (const party of rows) {
    if (party.person === null || party.key === null) continue
    const entry = keys.get(party.person) ?? { party, keys: new Set() }
    keys.set(party.person, entry)
    entry.keys.add(party.key)
  }
  return [...keys].flatMap(([person, { party, keys: theirs }]) => {
    const target = { kind: 'person', value: person } as Target
    const whose = { ...party, key: null, endUser: null }
    return theirs.size < rule.at_least ? [] : [{ rule, target, party: whose, at, measure: theirs.size }]
  })
}
