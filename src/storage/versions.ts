import type { Kysely } from 'kysely'
import type { Topic } from '../core/changes.ts'
import type { Database } from './schema.ts'

/** The versions that one transaction gave to a topic: all of them, for nobody else writes meanwhile. */
export interface OwnVersions {
  readonly first: number
  readonly last: number
}

const announced = new WeakMap<Kysely<Database>, Map<Topic, OwnVersions>>()

/**
 * Lets every other process see that something of this topic changed, together with the change itself.
 *
 * @returns its number, larger than that of every change which was committed before it
 */
export async function announce(database: Kysely<Database>, topic: Topic): Promise<number> {
  const { version } = await database
    .insertInto('versions')
    .values({ topic, version: 1 })
    .onConflict((conflict) =>
      conflict.column('topic').doUpdateSet((row) => ({ version: row('versions.version', '+', 1) })),
    )
    .returning('version')
    .executeTakeFirstOrThrow()
  const own = announced.get(database) ?? new Map<Topic, OwnVersions>()
  announced.set(database, own)
  own.set(topic, { first: own.get(topic)?.first ?? version, last: version })
  return version
}

/** What was announced over this connection since the last time, whether or not its transaction ends well. */
export function takeAnnounced(database: Kysely<Database>): ReadonlyMap<Topic, OwnVersions> {
  const own = announced.get(database) ?? new Map<Topic, OwnVersions>()
  announced.delete(database)
  return own
}

/** The numbers that grow with every announced change. */
export async function readVersions(database: Kysely<Database>): Promise<ReadonlyMap<Topic, number>> {
  const rows = await database.selectFrom('versions').selectAll().execute()
  return new Map(rows.map(({ topic, version }) => [topic, version]))
}
