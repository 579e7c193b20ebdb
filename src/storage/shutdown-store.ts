import type { Kysely, Selectable } from 'kysely'
import type { ActLeaf } from '../core/acts.ts'
import type { Consent, ConsentEntries, Shutdown, ShutdownStore } from '../standing/shutdown.ts'
import { appendAct } from './audit-store.ts'
import type { Database } from './schema.ts'
import { announce } from './versions.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlShutdownStore implements ShutdownStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async current(): Promise<Shutdown | null> {
    const row = await this.#database
      .selectFrom('shutdowns')
      .selectAll()
      .where('lifted_at', 'is', null)
      .executeTakeFirst()
    return row === undefined ? null : shutdownOf(row)
  }

  async begin(shutdown: Shutdown, entry: ActLeaf | null): Promise<Shutdown> {
    const standing = await this.current()
    if (standing !== null) return standing
    const { id, reason, by, at, people, consents, liftedAt } = shutdown
    await this.#database
      .insertInto('shutdowns')
      .values({ id, reason, by, at, people, consents: JSON.stringify(consents), lifted_at: liftedAt })
      .execute()
    await appendAct(this.#database, entry)
    await announce(this.#database, 'shutdown')
    return shutdown
  }

  async consent(id: string, consent: Consent, entries: ConsentEntries): Promise<Shutdown | null> {
    const standing = await this.current()
    if (standing?.id !== id) return null
    if (standing.consents.some(({ by }) => by === consent.by)) return standing
    const consents = [...standing.consents, consent]
    const liftedAt = consents.length >= standing.people ? consent.at : null
    await this.#database
      .updateTable('shutdowns')
      .set({ consents: JSON.stringify(consents), lifted_at: liftedAt })
      .where('id', '=', id)
      .execute()
    await appendAct(this.#database, entries.consent)
    if (liftedAt !== null) await appendAct(this.#database, entries.lifted)
    await announce(this.#database, 'shutdown')
    return { ...standing, consents, liftedAt }
  }
}

function shutdownOf({ consents, lifted_at, ...row }: Selectable<Database['shutdowns']>): Shutdown {
  return { ...row, consents: JSON.parse(consents) as Consent[], liftedAt: lifted_at }
}
