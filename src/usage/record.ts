import type { EndUser, EntryId, KeyId, OrganisationId, PersonId } from '../core/ids.ts'

/** What is added up, each a whole number. Their order is that of every table and export. */
export const measures = [
  'requests',
  /** Of the requests, those that did not finish. */
  'failed',
  /** Of those that failed, what the guard refused. */
  'blocked',
  'inputTokens',
  /** Of the input's tokens, those that were in the cache. */
  'cachedTokens',
  'outputTokens',
  /** Of the output's tokens, those that were thoughts. */
  'reasoningTokens',
  /** Answers whose first token came, and milliseconds until then, summed up. */
  'firstTokens',
  'firstTokenMs',
  'durationMs',
  'energyMj',
  /** Billionths of the currency. */
  'costNano',
] as const

export type Measure = (typeof measures)[number]
export type Measures = Readonly<Record<Measure, number>>

/** Who used what: everything that usage can be told apart by, besides time. */
export interface Party {
  readonly organisationId: OrganisationId
  readonly personId: PersonId | null
  /** Null: the owner's browser. */
  readonly keyId: KeyId | null
  readonly endUser: EndUser | null
  /** A model that is served here, or `unknown`. */
  readonly model: string
  readonly adapter: string | null
}

/** What one accepted request took. */
export interface UsageRecord extends Party, Measures {
  /** One record an entry, however often it is written. */
  readonly entryId: EntryId
  /** Names the party; the same for the same party everywhere. */
  readonly partyId: string
  /** Epoch milliseconds at which it ended. */
  readonly at: number
}

export const nothing: Measures = Object.freeze(
  Object.fromEntries(measures.map((measure) => [measure, 0])) as Record<Measure, number>,
)

/** Both measured amounts together, measure by measure. */
export function sumOf(left: Measures, right: Measures): Measures {
  return Object.fromEntries(
    measures.map((measure) => [measure, left[measure] + right[measure]]),
  ) as unknown as Measures
}
