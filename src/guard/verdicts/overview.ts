import type { OrganisationId } from '../../core/ids.ts'
import type { PolicyShelf } from '../policy/shelf.ts'
import type { VerdictCount, VerdictStore } from './store.ts'

export interface Overview {
  /** Those that the settings name for anybody; the first one is for the server as a whole. */
  readonly policies: readonly { readonly name: string; readonly version: string; readonly summary: string }[]
  readonly verdicts: readonly VerdictCount[]
}

/** What the guard goes by, and what it found in so many days; of one organisation, or of all for null. */
export type GuardOverview = (days: number, organisation: OrganisationId | null) => Promise<Overview>

/** Reads policies in force and counts of verdicts; without a store for verdicts there are no counts. */
export function guardOverview(
  shelf: PolicyShelf,
  verdicts: Pick<VerdictStore, 'counts'> | null,
  now: () => number,
): GuardOverview {
  return async (days, organisation) => ({
    policies: shelf.inForce.map(({ name, version, summary }) => ({ name, version, summary })),
    verdicts: (await verdicts?.counts({ since: now() - days * 86_400_000, organisation })) ?? [],
  })
}
