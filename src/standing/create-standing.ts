import { randomBytes } from 'node:crypto'
import type { Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import type { CaseId, PersonId } from '../core/ids.ts'
import type { Principal } from '../core/principal.ts'
import type { Signal } from '../core/verdict.ts'
import { elpisError } from '../errors.ts'
import type { Case } from './case.ts'
import { Blur, type MarkKind } from './blur.ts'
import { Consequences } from './consequences.ts'
import { Escalations } from './escalations.ts'
import { Evasion, type Link } from './evasion.ts'
import type { StandingEvent } from './event.ts'
import { scoreOf } from './ladder.ts'
import { LiveRegister } from './live-register.ts'
import { barringError, bars, type Measure, type Rung } from './measure.ts'
import type { Policy } from './policy.ts'
import { validReason } from './reason.ts'
import { RestrictedLimits } from './restricted-limits.ts'
import type { Outcome, Review } from './review.ts'
import { Reviews } from './reviews.ts'
import type { Actor, CaseFile, Cleared, Explanation, Lifting, Standing, Step } from './standing.ts'
import { LiveShutdown } from './live-shutdown.ts'
import { Proposals, type GraveDeed, type GraveWish } from './proposals.ts'
import { Shutdowns } from './shutdowns.ts'
import { dryRun, type RulesDryRun } from './rules/dry-run.ts'
import { readRules, type RuleSet } from './rules/rule-set.ts'
import { RuleWatch } from './rules/rule-watch.ts'
import { noRules, type RuleShelf } from './rules/shelf.ts'
import { noUseHistory, type UseHistory } from './rules/use-history.ts'
import { keptSightings, Sightings } from './sightings.ts'
import { Steps } from './steps.ts'
import type { StandingStore } from './store.ts'
import { Strikes, targetsOf } from './strikes.ts'
import { unhurried } from './unhurried.ts'
import { Inbound, type Source } from './webhooks/inbound.ts'
import {
  concerns,
  exactTargets,
  namedKinds,
  parseTarget,
  targetText,
  type NamedKind,
  type Target,
} from './target.ts'

export interface StandingParts {
  readonly store: StandingStore
  readonly clock: Clock
  readonly acts: Acts
  readonly policy: Policy
  readonly shutdown: ShutdownRule
  /** What else takes two people where a shutdown does; nothing when left out. */
  readonly deeds?: Partial<Record<'content-erase' | 'content-export', GraveDeed>>
  /** The domain of a person's e-mail address, as far as it is known. Must answer from memory. */
  readonly domainOf: (person: PersonId) => string | null
  /** The address itself, of which only a keyed hash is kept; from memory. Left out, none is. */
  readonly emailOf?: (person: PersonId) => string | null
  /** Names of keys, people and organisations; from memory. Left out, they are known by their ids only. */
  readonly named?: (kind: NamedKind, which: string) => Named | null
  /** Rules over behaviour that are switched on; none when left out. */
  readonly rules?: RuleShelf
  /** What was asked for, for rules over use; nothing when left out. */
  readonly use?: UseHistory
  /** Other systems that may tell of people; none when left out. */
  readonly sources?: ReadonlyMap<string, Source>
  /** Something that goes on by itself failed, and will be tried again. */
  readonly onTrouble: (error: unknown) => void
}

/** Somebody by a name of theirs. */
interface Named {
  readonly id: string
  readonly name: string
  /** Of a key: whose it is. */
  readonly personId?: string | null
}

/** Who it takes. */
interface ShutdownRule {
  /** To lift a shutdown. */
  readonly restartPeople: number
  /** Whether one asks for what is grave and another confirms it. */
  readonly twoPeople: boolean
}

const mostListed = 1000
const sweepMilliseconds = 60_000
/** What is written is followed much sooner, unless whoever wrote it died. */
const followedWithin = 10_000

/** Loads all that is in force and keeps it true from then on. */
export async function createStanding(parts: StandingParts): Promise<Standing> {
  const live = new LiveRegister(parts.store, parts.clock)
  const shut = new LiveShutdown(parts.store, (error) => live.endAll(error))
  try {
    await live.load()
    await shut.load()
    const secret = await parts.store.standingEvents.secret('blur', randomBytes(32).toString('hex'))
    const standing = new StoredStanding(parts, { live, shut }, secret)
    await standing.followUp(parts.clock.now() + 1)
    return standing
  } catch (error) {
    shut.close()
    live.close()
    throw error
  }
}

interface Live {
  readonly live: LiveRegister
  readonly shut: LiveShutdown
}

class StoredStanding implements Standing {
  readonly #parts: StandingParts
  readonly #live: LiveRegister
  readonly #shut: LiveShutdown
  readonly shutdowns: Shutdowns
  readonly proposals: Proposals
  readonly #steps: Steps
  readonly #strikes: Strikes
  readonly #reviews: Reviews
  readonly #consequences: Consequences
  readonly #escalations: Escalations
  readonly #limits: RestrictedLimits
  readonly #rules: RuleShelf
  readonly #watch: RuleWatch
  readonly #sightings: Sightings
  readonly #evasion: Evasion
  readonly inbound: Inbound
  readonly #sweeping: NodeJS.Timeout
  /** The one that goes on just now. */
  #sweep: Promise<void> | null = null
  #closed = false

  constructor(parts: StandingParts, { live, shut }: Live, secret: string) {
    const { store, clock, policy, acts, onTrouble } = parts
    this.#parts = parts
    this.#live = live
    this.#shut = shut
    const now = () => clock.now()
    const { restartPeople, twoPeople } = parts.shutdown
    this.shutdowns = new Shutdowns({ store, live: shut, acts, now, restartPeople })
    const shutdown = { carryOut: ({ reason }: GraveWish, by: Actor) => this.shutdowns.begin(reason, by) }
    const deeds = { ...parts.deeds, shutdown }
    this.proposals = new Proposals({ store: store.proposals, acts, now, twoPeople, deeds })
    this.#limits = new RestrictedLimits(policy.restricted, () => clock.now())
    this.#steps = new Steps({ store: store.measures, live, clock, acts })
    this.#reviews = new Reviews({
      reviews: store.reviews,
      cases: store.cases,
      steps: this.#steps,
      acts,
      policy,
      now: () => clock.now(),
    })
    this.#consequences = new Consequences({
      events: store.standingEvents,
      measures: store.measures,
      steps: this.#steps,
      policy,
      now: () => clock.now(),
      onReview: ({ target, proposed }) => this.#reviews.propose(target, proposed),
    })
    this.#escalations = new Escalations({
      events: store.standingEvents,
      onReview: (target, proposed) => this.#reviews.propose(target, proposed),
    })
    const blur = new Blur(secret)
    this.#sightings = new Sightings({ store: store.sightings, blur, clock, onTrouble })
    this.#evasion = new Evasion({
      sightings: store.sightings,
      events: store.standingEvents,
      cases: store.cases,
      steps: this.#steps,
      policy,
      now,
      inForce: (target) => live.current.of(target),
      onReview: (target, proposed) => this.#reviews.propose(target, proposed),
    })
    this.#rules = parts.rules ?? noRules
    this.#watch = new RuleWatch({
      shelf: this.#rules,
      events: store.standingEvents,
      cases: store.cases,
      sightings: store.sightings,
      use: parts.use ?? noUseHistory,
      now: () => clock.now(),
      onStrike: (target, strike) => this.#consequences.settle(target, [strike]),
      onReview: (target, proposed) => this.#reviews.propose(target, proposed),
    })
    this.inbound = new Inbound({
      sources: parts.sources ?? new Map<string, Source>(),
      events: store.standingEvents,
      now,
      onWritten: (events) => this.#follow(events),
    })
    this.#strikes = new Strikes({
      store: store.standingEvents,
      blur,
      onWritten: (events) => this.#follow(events),
      onTrouble,
    })
    this.#sweeping = setInterval(() => void this.sweep().catch(onTrouble), sweepMilliseconds).unref()
  }

  async clear(principal: Principal): Promise<Cleared> {
    this.#shut.mustBeOpen()
    const domain = this.#domainOf(principal)
    const against = this.#against(principal, domain)
    this.#sightings.note(principal, this.#emailOf(principal))
    if (against === null || against.rung === 'warned') {
      const entered = this.#live.current.enter(principal, domain)
      const level = against === null ? 'good' : 'warned'
      return { level, barred: entered.ended, release: () => entered.leave() }
    }
    const giveBack = this.#limits.take(against.id)
    const entered = this.#live.current.enter(principal, domain)
    return {
      level: 'restricted',
      barred: entered.ended,
      release() {
        entered.leave()
        giveBack()
      },
    }
  }

  target(text: string): Target {
    const at = text.indexOf(':')
    const kind = namedKinds.find((each) => each === text.slice(0, Math.max(0, at)))
    const found = kind === undefined ? null : (this.#parts.named?.(kind, text.slice(at + 1).trim()) ?? null)
    return parseTarget(found === null ? text : `${kind}:${found.id}`)
  }

  nameOf({ kind, value }: Target): string | null {
    const named = namedKinds.find((each) => each === kind)
    return named === undefined ? null : (this.#parts.named?.(named, value)?.name ?? null)
  }

  isOf({ kind, value }: Target, actor: Actor): boolean {
    if (kind !== 'person' && kind !== 'key') return false
    return value === actor || (kind === 'key' && this.#parts.named?.(kind, value)?.personId === actor)
  }

  check(principal: Principal): void {
    this.#against(principal, this.#domainOf(principal))
  }

  mustBeCurrent(): void {
    this.#live.mustBeCurrent()
    this.#shut.mustBeCurrent()
  }

  mustBeOpen(): void {
    this.#shut.mustBeOpen()
  }

  signal(signal: Signal): void {
    this.#strikes.signal(signal)
    this.#sightings.prompt(signal)
  }

  async strike(
    target: Target,
    strike: Pick<StandingEvent, 'source' | 'hazard' | 'severity' | 'note'>,
  ): Promise<void> {
    this.#strikes.against(target, { ...strike, at: this.#parts.clock.now() })
    await this.#strikes.flush()
  }

  async act(step: Step, by: Actor): Promise<Measure> {
    return await this.#steps.take(step, by)
  }

  async lift(lifting: Lifting, by: Actor): Promise<Measure[]> {
    return await this.#steps.lift(lifting, by)
  }

  async measures(filter: { target?: Target; rung?: Rung; past?: boolean }): Promise<Measure[]> {
    const { store, clock } = this.#parts
    const page = { ...filter, past: filter.past ?? false, now: clock.now(), limit: mostListed }
    return await store.measures.list(page)
  }

  async explain(target: Target): Promise<Explanation> {
    const { policy } = this.#parts
    const strikes = await this.#consequences.strikesOf(target)
    const measures = await this.measures({ target })
    return { target, policy, score: scoreOf(strikes), strikes, measures, cases: await this.cases({ target }) }
  }

  async links(target: Target): Promise<Link[]> {
    await this.#sightings.flush()
    return await this.#evasion.linksOf(target)
  }

  async mark(target: Target, kind: MarkKind, value: string): Promise<void> {
    await this.#sightings.told(target, kind, value)
  }

  async cases(filter: { target?: Target; state?: Case['state'] }): Promise<Case[]> {
    return await this.#parts.store.cases.list({ ...filter, limit: mostListed })
  }

  async caseFile(id: CaseId, concerning: Principal | null): Promise<CaseFile> {
    const found = await this.#parts.store.cases.find(id)
    const theirs =
      found !== null &&
      (concerning === null || concerns(found.case.target, concerning, this.#domainOf(concerning)))
    // What does not concern somebody is not there for them, so that ids cannot be tried.
    if (found === null || !theirs) throw elpisError('case_not_found', { case: id.slice(0, 60) })
    const measures = await this.measures({ target: found.case.target, past: true })
    const filter = { kind: 'appeal', caseId: id, waiting: false, limit: mostListed } as const
    const appeals = await this.#parts.store.reviews.list(filter)
    return { ...found, measures: measures.filter(({ caseId }) => caseId === id), appeals }
  }

  async casesOf(principal: Principal): Promise<Case[]> {
    const found: Case[] = []
    for (const target of exactTargets(principal)) found.push(...(await this.cases({ target })))
    const against = this.#live.current.against(principal, this.#domainOf(principal))
    if (against !== null && !found.some(({ id }) => id === against.caseId)) {
      found.push((await this.caseFile(against.caseId, principal)).case)
    }
    return found.sort((one, other) => other.updatedAt - one.updatedAt)
  }

  async appeal(id: CaseId, by: Principal, statement: string): Promise<Review> {
    const file = await this.caseFile(id, by)
    return await this.#reviews.appeal(file, by.personId ?? by.keyId ?? 'owner', statement)
  }

  async reviews(filter: { kind?: Review['kind']; waiting: boolean }): Promise<Review[]> {
    return await this.#parts.store.reviews.list({ ...filter, limit: mostListed })
  }

  async review(id: string): Promise<Review | null> {
    return await this.#parts.store.reviews.find(id)
  }

  async claimReview(by: Actor): Promise<Review | null> {
    return await this.#reviews.claim(by)
  }

  async skipReview(id: string, by: Actor, reason: string): Promise<void> {
    await this.#reviews.skip(id, by, reason)
  }

  async decideReview(id: string, outcome: Outcome, by: Actor, reason: string): Promise<Review> {
    return await this.#reviews.decide(id, outcome, by, reason)
  }

  get rules(): readonly RuleSet[] {
    return this.#rules.all
  }

  async dryRunRules(toml: string, since: number): Promise<RulesDryRun> {
    const { store, clock, policy, use = noUseHistory } = this.#parts
    await this.settled()
    const { standingEvents: events, sightings } = store
    const until = clock.now() + 1
    return await dryRun(readRules(toml, 'given'), { since, until }, { events, sightings, use, policy })
  }

  async closeCase(id: CaseId, reason: string, by: Actor): Promise<void> {
    const { store, clock, acts } = this.#parts
    const line = validReason(reason)
    const file = await this.caseFile(id, null)
    const about = targetText(file.case.target)
    const act = { kind: 'standing-changed', by, about, details: { case: id, closed: true } } as const
    const step = { at: clock.now(), kind: 'closed', by, detail: { reason: line } } as const
    if (!(await acts.within(act, (entry) => store.cases.close(id, step, entry))))
      throw elpisError('case_in_force', { case: id })
  }

  sweep(): Promise<void> {
    return (this.#sweep ??= this.#sweepOnce().finally(() => (this.#sweep = null)))
  }

  async #sweepOnce(): Promise<void> {
    const { store, policy, clock } = this.#parts
    const going = () => !this.#closed
    this.#live.current.forgetLapsed()
    this.#limits.forgetStill()
    await this.#steps.lapse(going)
    await this.followUp(clock.now() - followedWithin)
    await this.#consequences.rewardGoodConduct(going)
    await this.#rules.reload()
    await this.#sightings.flush()
    await this.#watch.look()
    await this.#evasion.look(going)
    await unhurried(going, () => store.standingEvents.prune(clock.now() - policy.keep))
    await unhurried(going, () => store.sightings.prune(clock.now() - keptSightings))
  }

  async settled(): Promise<void> {
    await this.#strikes.flush()
    await this.#sightings.flush()
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeping)
    this.#closed = true
    this.#rules.close()
    await this.settled()
    this.#shut.close()
    this.#live.close()
  }

  /** What follows from events that are written: of the ladder, of rules, and of what the guard leaves to people. */
  async #follow(events: readonly StandingEvent[]): Promise<void> {
    for (const [text, fresh] of targetsOf(events)) {
      const target = parseTarget(text)
      await this.#consequences.settle(target, fresh)
      await this.#watch.noticed(target, fresh)
      await this.#escalations.noticed(target, fresh)
    }
    await this.#parts.store.standingEvents.followed(events.map(({ id }) => id))
  }

  /** Follows what a server wrote and then, because it died, did not. Twice does no harm. */
  async followUp(until: number): Promise<void> {
    const left = await this.#parts.store.standingEvents.unfollowed(until, mostListed)
    if (left.length > 0) await this.#follow(left)
  }

  /** @throws `suspended`, `banned` */
  #against(principal: Principal, domain: string | null): Measure | null {
    const against = this.#live.current.against(principal, domain)
    if (against !== null && bars(against.rung)) throw barringError(against)
    return against
  }

  #emailOf({ personId }: Principal): string | null {
    return personId === null ? null : (this.#parts.emailOf?.(personId) ?? null)
  }

  #domainOf({ personId }: Principal): string | null {
    return personId === null ? null : this.#parts.domainOf(personId)
  }
}
