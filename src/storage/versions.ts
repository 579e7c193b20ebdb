import type { Kysely } from 'kysely'
import type { Database, Topic } from './schema.ts'

/** Lets every other process see that something of this topic changed, together with the change itself. */
export async function announce(database: Kysely<Database>, topic: Topic): Promise<void> {
  await database
    .updateTable('versions')
    .set((row) => ({ version: row('version', '+', 1) }))
    .where('topic', '=', topic)
    .execute()
}

/** The number that grows with every announced change. */
export async function versionOf(database: Kysely<Database>, topic: Topic): Promise<number> {
  const { version } = await database
    .selectFrom('versions')
    .select('version')
    .where('topic', '=', topic)
    .executeTakeFirstOrThrow()
  return version
}
