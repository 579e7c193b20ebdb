/**
 * What standing needs of storage. Every method is one transaction, done and durable when its promise resolves. An `entry` is
 * appended to the log with the change, and only where something was changed.
 */
import type { ActLeaf } from '../core/acts.ts'
import type { ChangeListener } from '../core/changes.ts'
import type { CaseId } from '../core/ids.ts'
import type { PackedRows } from '../core/packed-rows.ts'
import type { MarkKind } from './blur.ts'
import type { Case, CaseStep } from './case.ts'
import type { StandingEvent } from './event.ts'
import type { Lift, Measure, Rung } from './measure.ts'
import type { ProposalStore } from './proposal.ts'
import type { ReviewStore } from './review.ts'
import type { ShutdownStore } from './shutdown.ts'
import type { Target } from './target.ts'

/** A measure before it is numbered. */
export type NewMeasure = Omit<Measure, 'revision' | 'lifted' | 'caseId'> & {
  /** Taken when the target has no open case. */
  readonly newCase: CaseId
  /** What else goes into the case with it. */
  readonly evidence: readonly CaseStep[]
}

export interface MeasurePage {
  readonly target?: Target
  readonly rung?: Rung
  /** Those that are over as well. */
  readonly past: boolean
  readonly now: number
  readonly limit: number
}

export interface RevisedPage {
  /** Each a `PackedMeasure`. */
  readonly measures: PackedRows
  /** The last change among them: the one that was asked for when there is none. */
  readonly upTo: number
  readonly more: boolean
}

export interface MeasureStore {
  /** Opens a case or extends the open one. */
  insert(measure: NewMeasure, entry: ActLeaf | null): Promise<Measure>
  /**
   * As `insert`, for the ladder: nothing when something as strict is in force already, only longer when it is the same.
   *
   * @returns null when nothing was to be done
   */
  escalate(measure: NewMeasure, entry: ActLeaf | null): Promise<Measure | null>
  /** Ends those of a target that are in force, all or of one rung, and closes its case. @returns what was ended */
  lift(target: Target, rung: Rung | null, lift: Lift, entry: ActLeaf | null): Promise<Measure[]>
  /** Ends, as lifted by `time`, some of those that are over at `now`: 5 at most. @returns what was ended */
  lapse(now: number): Promise<Measure[]>
  /**
   * Changes after `revision`, oldest first.
   *
   * @param standingAt leaves out what is over by then
   */
  since(revision: number, limit: number, standingAt: number | null): Promise<RevisedPage>
  /** Those of one rung that are in force at `now`, in the order of their ids, after the one with this id. */
  inForce(rung: Rung, after: string, now: number, limit: number): Promise<Measure[]>
  /** Newest first. */
  list(page: MeasurePage): Promise<Measure[]>
}

export interface CaseStore {
  find(id: CaseId): Promise<{ case: Case; steps: CaseStep[] } | null>
  /** The one that something happened in last comes first. */
  list(filter: { target?: Target; state?: Case['state']; limit: number }): Promise<Case[]>
  addStep(id: CaseId, step: CaseStep): Promise<void>
  /** Adds steps to the open case of a target; opens `fresh` when there is none. @returns which it is */
  extend(target: Target, fresh: CaseId, steps: readonly CaseStep[]): Promise<CaseId>
  /** Closes an open case in which nothing is in force. @returns false, with nothing changed, when it is no such case */
  close(id: CaseId, step: CaseStep, entry: ActLeaf | null): Promise<boolean>
}

export interface EventStore {
  /** Each counts as unfollowed until it is said to be followed. */
  add(events: readonly StandingEvent[]): Promise<void>
  /** Those with a hazard, the newest first. */
  strikes(target: Target, since: number, limit: number): Promise<StandingEvent[]>
  /**
   * Adds what a rule found, unless the same was found since; its note begins with `mark`.
   *
   * @returns whether it was added
   */
  addOnce(event: StandingEvent, mark: string, since: number): Promise<boolean>
  /**
   * Adds one that is not there yet, unfollowed, and to the case of its target what it says there.
   *
   * @returns false when there is one of its id
   */
  addNew(
    event: StandingEvent,
    told: { readonly fresh: CaseId; readonly step: CaseStep } | null,
  ): Promise<boolean>
  /** Says that events have had their consequences. */
  followed(ids: readonly string[]): Promise<void>
  /** Those from before `until` that have not, the oldest first. */
  unfollowed(until: number, limit: number): Promise<StandingEvent[]>
  /** All after a place, in the order of their times; those before `until`. */
  page(after: EventPlace, until: number, limit: number): Promise<StandingEvent[]>
  /** Takes all strikes against a target back. @returns how many */
  void(target: Target, by: string): Promise<number>
  /** Deletes some from before then. @returns whether there may be more */
  prune(before: number): Promise<boolean>
  /** The secret of this name, the same for all replicas; `fresh` when there was none. */
  secret(name: string, fresh: string): Promise<string>
}

/** Where a page of events begins: after this one. */
export interface EventPlace {
  readonly at: number
  readonly id: string
}

/** On one day, somebody was met with something that tells people apart. */
export interface Sighting {
  /** Its first moment. */
  readonly day: number
  /** Who answers, as `targetText` writes it. */
  readonly target: string
  readonly organisation: string
  readonly person: string | null
  readonly key: string | null
  readonly kind: MarkKind
  /** A keyed hash. */
  readonly mark: string
  readonly firstAt: number
  readonly lastAt: number
}

export interface SightingStore {
  /** What is there for the day already becomes as late as this. */
  add(sightings: readonly Sighting[]): Promise<void>
  /** Keys that were met on at least so many networks since then, those with most first. */
  keysOnNetworks(since: number, least: number, limit: number): Promise<(KeyParty & { networks: number })[]>
  /** Networks that somebody was met on in one day, in the order of their times, from the so-manieth on. */
  networksOfDay(day: number, offset: number, limit: number): Promise<Sighting[]>
  /**
   * Who else was met since then with what somebody was met with, the last met first.
   *
   * @param mostShared what more than so many share tells nothing
   */
  alike(target: Target, since: number, mostShared: number, limit: number): Promise<Likeness[]>
  /**
   * Those met after a moment with something that somebody was met with since `since` who is kept out at `now`; of those
   * who are kept out some are looked at, by one rung and in the order of their measures' ids.
   */
  likeBarred(when: LikeTimes, barred: BarredPage, limit: number): Promise<LikeBarred>
  /** Deletes some of days before then. @returns whether there may be more */
  prune(before: number): Promise<boolean>
}

export interface LikeTimes {
  readonly after: number
  readonly since: number
  readonly now: number
}

export interface BarredPage {
  readonly rung: Rung
  /** The id of the last measure that was looked at; empty for the first page. */
  readonly from: string
  readonly size: number
}

export interface LikeBarred {
  readonly targets: readonly Target[]
  /** Where the next page begins; null after the last. */
  readonly next: string | null
}

/** That somebody else was met with the same. */
export interface Likeness {
  readonly target: Target
  /** With which of their keys; null for a browser, and where it is not known. */
  readonly key: string | null
  readonly kind: MarkKind
  /** How many were met with it: of several such things, with the rarest. */
  readonly sharedBy: number
  readonly lastAt: number
}

/** A key and whose it is. */
export interface KeyParty {
  readonly key: string
  readonly organisation: string
  readonly person: string | null
}

export interface StandingStore {
  readonly reviews: ReviewStore
  readonly measures: MeasureStore
  readonly cases: CaseStore
  readonly standingEvents: EventStore
  readonly sightings: SightingStore
  readonly shutdowns: ShutdownStore
  readonly proposals: ProposalStore
  /** @returns a function that stops it. */
  watch(listener: ChangeListener): () => void
}
