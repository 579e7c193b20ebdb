import type { Kysely } from 'kysely'
import { inPieces } from './pieces.ts'
import type { Database } from './schema.ts'
import { announce } from './versions.ts'

/** What a change of access may be about; acceptances are named by who accepted, links by their hash. */
export type AccessKind = 'key' | 'organisation' | 'person' | 'session' | 'link' | 'quota' | 'acceptance'

export interface AccessChange {
  readonly kind: AccessKind
  readonly id: string
}

/** Whoever knows nothing newer than this many changes reads everything anew. */
export const keptChanges = 10_000
/** Changes between two looks for those that need not be kept any more. */
const pruneEvery = 100
/** More than this many are not looked up one by one. */
const mostChanges = 5000

/**
 * Lets every other process see that access changed, together with the change itself, and about whom.
 *
 * @returns its number, larger than that of every change which was committed before it
 */
export async function announceAccess(
  database: Kysely<Database>,
  changes: readonly AccessChange[],
): Promise<number> {
  const revision = await announce(database, 'access')
  for (const piece of inPieces(changes)) {
    const rows = piece.map(({ kind, id }) => ({ revision, kind, id }))
    await database.insertInto('access_changes').values(rows).execute()
  }
  if (revision % pruneEvery === 0) {
    await database
      .deleteFrom('access_changes')
      .where('revision', '<=', revision - keptChanges)
      .execute()
  }
  return revision
}

/**
 * What changed after a place, up to another, each once.
 *
 * @returns null when that is not known: it was too long ago, too much, or something changed and did not say what
 */
export async function accessChangesBetween(
  database: Kysely<Database>,
  place: number,
  upTo: number,
): Promise<AccessChange[] | null> {
  const between = upTo - place
  if (between < 0 || between > keptChanges) return null
  const rows = await database
    .selectFrom('access_changes')
    .selectAll()
    .where('revision', '>', place)
    .orderBy('revision')
    .limit(mostChanges + 1)
    .execute()
  const described = new Set(rows.map(({ revision }) => revision))
  // Every change has its number: one that is missing here was made by somebody who does not write them down.
  if (rows.length > mostChanges || described.size !== between) return null
  return [...new Map(rows.map(({ kind, id }) => [`${kind} ${id}`, { kind, id }])).values()]
}
