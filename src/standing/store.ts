/** What standing needs of storage. Every method is one transaction, done and durable when its promise resolves. */
import type { ChangeListener } from '../core/changes.ts'
import type { CaseId } from '../core/ids.ts'
import type { Lift, Measure, Rung } from './measure.ts'
import type { Target } from './target.ts'

/** A measure before it is numbered. */
export type NewMeasure = Omit<Measure, 'revision' | 'lifted' | 'caseId'> & {
  /** Taken when the target has no open case. */
  readonly newCase: CaseId
}

export interface MeasurePage {
  readonly target?: Target
  readonly rung?: Rung
  /** Those that are over as well. */
  readonly past: boolean
  readonly now: number
  readonly limit: number
}

export interface MeasureStore {
  /** Opens a case or extends the open one. */
  insert(measure: NewMeasure): Promise<Measure>
  /** Ends those of a target that are in force, all or of one rung, and closes its case. @returns what was ended */
  lift(target: Target, rung: Rung | null, lift: Lift): Promise<Measure[]>
  /**
   * Changes after `revision`, oldest first.
   *
   * @param standingAt leaves out what is over by then
   */
  since(revision: number, limit: number, standingAt: number | null): Promise<Measure[]>
  /** Newest first. */
  list(page: MeasurePage): Promise<Measure[]>
}

export interface StandingStore {
  readonly measures: MeasureStore
  /** @returns a function that stops it. */
  watch(listener: ChangeListener): () => void
}
