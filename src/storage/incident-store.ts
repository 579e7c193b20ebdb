import type { Kysely } from 'kysely'
import type { Incident, IncidentStore } from '../monitoring/incidents/incident.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlIncidentStore implements IncidentStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async insert(incident: Incident): Promise<void> {
    const { id, createdAt: created_at, version } = incident
    await this.#database
      .insertInto('incidents')
      .values({ id, created_at, version, content: JSON.stringify(incident) })
      .execute()
  }

  async list(limit: number): Promise<Incident[]> {
    const rows = await this.#database
      .selectFrom('incidents')
      .select('content')
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
    return rows.map(({ content }) => JSON.parse(content) as Incident)
  }

  async find(id: string): Promise<Incident | null> {
    const row = await this.#database
      .selectFrom('incidents')
      .select('content')
      .where('id', '=', id)
      .executeTakeFirst()
    return row === undefined ? null : (JSON.parse(row.content) as Incident)
  }

  async replace(incident: Incident): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('incidents')
      .set({ version: incident.version, content: JSON.stringify(incident) })
      .where('id', '=', incident.id)
      .where('version', '=', incident.version - 1)
      .executeTakeFirstOrThrow()
    return numUpdatedRows === 1n
  }
}
