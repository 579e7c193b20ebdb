import type { ActLeaf } from '../core/acts.ts'

/** Everything stopped, on every replica, until enough people want it back. */
export interface Shutdown {
  /** `shut_…` */
  readonly id: string
  readonly reason: string
  readonly by: string
  readonly at: number
  /** How many different people must want it lifted: as the settings were when it began. */
  readonly people: number
  readonly consents: readonly Consent[]
  /** Null while it is in force. */
  readonly liftedAt: number | null
}

/** That somebody wants a shutdown lifted. */
export interface Consent {
  readonly by: string
  readonly at: number
  readonly reason: string
}

export interface ShutdownStore {
  /** The one in force, or null. */
  current(): Promise<Shutdown | null>
  /**
   * @param entry appended when it begins
   * @returns the one that is in force already, if there is one
   */
  begin(shutdown: Shutdown, entry: ActLeaf | null): Promise<Shutdown>
  /**
   * Counts each `by` once, and lifts it with the last that was needed.
   *
   * @param entry appended when it is lifted
   * @returns null when this shutdown is not in force any more
   */
  consent(id: string, consent: Consent, entry: ActLeaf | null): Promise<Shutdown | null>
}
