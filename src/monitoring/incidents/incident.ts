import type { ActLeaf } from '../../core/acts.ts'
import type { EntryId } from '../../core/ids.ts'
import type { RegimeName } from './regimes.ts'

/** One report that a law may ask for. Times are epoch milliseconds. */
export interface Clock {
  readonly regime: RegimeName
  readonly dueAt: number
  /** Null until somebody says that it was reported. */
  readonly reportedAt: number | null
  /** How many of the reminders were given. */
  readonly reminded: number
}

/** Something that went wrong, and what is done about it. */
export interface Incident {
  /** `inc_…` */
  readonly id: string
  readonly title: string
  readonly createdAt: number
  /** When it was discovered: the clocks run from here. */
  readonly discoveredAt: number
  /** Null while it is open. */
  readonly closedAt: number | null
  readonly clocks: readonly Clock[]
  /** Entries of the log. */
  readonly evidence: readonly EntryId[]
  readonly notes: readonly { readonly at: number; readonly by: string; readonly text: string }[]
  /** Grows with every change; who changes an old one changes nothing. */
  readonly version: number
}

/** Every method is one transaction, done and durable when its promise resolves; an `entry` is appended with the change. */
export interface IncidentStore {
  insert(incident: Incident, entry: ActLeaf | null): Promise<void>
  /** The newest first, at most `limit`. */
  list(limit: number): Promise<Incident[]>
  find(id: string): Promise<Incident | null>
  /** Puts it in the place of the version before; false, with nothing changed, when that is no longer there. */
  replace(incident: Incident, entry: ActLeaf | null): Promise<boolean>
}

/** The clock that runs out first, of those that are not reported. */
export function nextClock({ clocks, closedAt }: Incident): Clock | null {
  if (closedAt !== null) return null
  const waiting = clocks.filter(({ reportedAt }) => reportedAt === null)
  return waiting.toSorted((left, right) => left.dueAt - right.dueAt)[0] ?? null
}
