import type { ActLeaf } from '../core/acts.ts'

/** What is too grave for one person. */
export type GraveAct = 'shutdown' | 'content-export' | 'content-erase'

/** What one person asked for; a second one, other than they, confirms it before its time is over, and it is done once. */
export interface Proposal {
  /** `prop_…` */
  readonly id: string
  readonly kind: GraveAct
  /** What it is about: an id, a name; `all` for everything. */
  readonly subject: string
  readonly reason: string
  readonly by: string
  readonly at: number
  /** Nobody can confirm it from then on. */
  readonly until: number
  readonly confirmed: { readonly by: string; readonly at: number } | null
}

/** An `entry` is appended to the log with the change, and only where something was changed. */
export interface ProposalStore {
  add(proposal: Proposal, entry: ActLeaf | null): Promise<void>
  find(id: string): Promise<Proposal | null>
  /** Those that can be confirmed, the oldest first. */
  waiting(now: number, limit: number): Promise<Proposal[]>
  /** Once, and never by whoever asked. @returns null when it could not be confirmed */
  confirm(id: string, by: string, now: number, entry: ActLeaf | null): Promise<Proposal | null>
}
