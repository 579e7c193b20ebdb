import type { Kysely } from 'kysely'
import type { Acceptance, AcceptanceStore } from '../access/acceptances/acceptances.ts'
import type { ActLeaf } from '../core/acts.ts'
import { announceAccess } from './access-changes.ts'
import { appendAct } from './audit-store.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlAcceptanceStore implements AcceptanceStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async list(): Promise<Acceptance[]> {
    return await this.#acceptances().execute()
  }

  /** What these have accepted. */
  async of(accounts: readonly string[]): Promise<Acceptance[]> {
    return await this.#acceptances().where('account', 'in', accounts).execute()
  }

  #acceptances() {
    return this.#database
      .selectFrom('acceptances')
      .select(['account', 'document', 'version', 'organisation_id as organisationId'])
      .select(['person_id as personId', 'key_id as keyId', 'accepted_at as acceptedAt'])
      .orderBy('accepted_at')
      .orderBy('account')
      .orderBy('document')
  }

  async insert(
    { organisationId, personId, keyId, acceptedAt, ...rest }: Acceptance,
    entry: ActLeaf | null,
  ): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#database
      .insertInto('acceptances')
      .values({
        ...rest,
        organisation_id: organisationId,
        person_id: personId,
        key_id: keyId,
        accepted_at: acceptedAt,
      })
      .onConflict((conflict) => conflict.columns(['account', 'document', 'version']).doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) return false
    await announceAccess(this.#database, [{ kind: 'acceptance', id: rest.account }])
    await appendAct(this.#database, entry)
    return true
  }
}
