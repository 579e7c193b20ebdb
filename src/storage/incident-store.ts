import type { Kysely } from 'kysely'
import type { ActLeaf } from '../core/acts.ts'
import type { Incident, IncidentStore } from '../monitoring/incidents/incident.ts'
import { appendAct } from './audit-store.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlIncidentStore implements IncidentStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async insert(incident: Incident, entry: ActLeaf | null): Promise<void> {
    const { id, createdAt: created_at, version } = incident
    await this.#database
      .insertInto('incidents')
      .values({ id, created_at, version, content: JSON.stringify(incident) })
      .execute()
    await appendAct(this.#database, entry)
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

  async replace(incident: Incident, entry: ActLeaf | null): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('incidents')
      .set({ version: incident.version, content: JSON.stringify(incident) })
      .where('id', '=', incident.id)
      .where('version', '=', incident.version - 1)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    await appendAct(this.#database, entry)
    return true
  }
}
