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

/** What the log says of it. */
export interface ConsentEntries {
  /** Appended where it was not counted before. */
  readonly consent: ActLeaf | null
  /** Appended as well where it was the last that was needed. */
  readonly lifted: ActLeaf | null
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
   * @returns null when this shutdown is not in force any more
   */
  consent(id: string, consent: Consent, entries: ConsentEntries): Promise<Shutdown | null>
}
