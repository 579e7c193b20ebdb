import type { Kysely, Selectable } from 'kysely'
import type { ActLeaf } from '../core/acts.ts'
import type { Proposal, ProposalStore } from '../standing/proposal.ts'
import { appendAct } from './audit-store.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlProposalStore implements ProposalStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async add({ confirmed, ...proposal }: Proposal, entry: ActLeaf | null): Promise<void> {
    await this.#database
      .insertInto('proposals')
      .values({ ...proposal, confirmed_by: confirmed?.by ?? null, confirmed_at: confirmed?.at ?? null })
      .execute()
    await appendAct(this.#database, entry)
  }

  async find(id: string): Promise<Proposal | null> {
    const row = await this.#database
      .selectFrom('proposals')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst()
    return row === undefined ? null : proposalOf(row)
  }

  async waiting(now: number, limit: number): Promise<Proposal[]> {
    const rows = await this.#database
      .selectFrom('proposals')
      .selectAll()
      .where('confirmed_at', 'is', null)
      .where('until', '>', now)
      .orderBy('at')
      .orderBy('id')
      .limit(limit)
      .execute()
    return rows.map(proposalOf)
  }

  async confirm(id: string, by: string, now: number, entry: ActLeaf | null): Promise<Proposal | null> {
    const row = await this.#database
      .updateTable('proposals')
      .set({ confirmed_by: by, confirmed_at: now })
      .where('id', '=', id)
      .where('confirmed_at', 'is', null)
      .where('until', '>', now)
      .where('by', '!=', by)
      .returningAll()
      .executeTakeFirst()
    if (row === undefined) return null
    await appendAct(this.#database, entry)
    return proposalOf(row)
  }
}

function proposalOf({ confirmed_by, confirmed_at, ...row }: Selectable<Database['proposals']>): Proposal {
  const confirmed =
    confirmed_by === null || confirmed_at === null ? null : { by: confirmed_by, at: confirmed_at }
  return { ...row, confirmed }
}
