import type { Kysely } from 'kysely'
import type { Person } from '../access/directory.ts'
import type { DirectoryStore, StoredOrganisation } from '../access/store.ts'
import type { OrganisationId, PersonId } from '../core/ids.ts'
import type { Role } from '../core/principal.ts'
import type { Database } from './schema.ts'
import { announce } from './versions.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlDirectoryStore implements DirectoryStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async all(): Promise<{ organisations: StoredOrganisation[]; people: Person[] }> {
    const organisations = await this.#database
      .selectFrom('organisations')
      .select(['id', 'name', 'end_user_key as endUserKey', 'created_at as createdAt'])
      .where('removed_at', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    const people = await this.#database
      .selectFrom('people')
      .select(['id', 'organisation_id as organisationId', 'name', 'email', 'role', 'created_at as createdAt'])
      .where('removed_at', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return { organisations, people }
  }

  async insertOrganisation({ id, name, endUserKey, createdAt }: StoredOrganisation): Promise<void> {
    await this.#database
      .insertInto('organisations')
      .values({ id, name, end_user_key: endUserKey, created_at: createdAt, removed_at: null })
      .execute()
    await announce(this.#database, 'access')
  }

  async removeOrganisation(id: OrganisationId, at: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('organisations')
      .set({ removed_at: at })
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    const people = await this.#database
      .updateTable('people')
      .set({ removed_at: at })
      .where('organisation_id', '=', id)
      .where('removed_at', 'is', null)
      .returning('id')
      .execute()
    await this.#forget(people.map((person) => person.id))
    await this.#endKeys('organisation_id', id, at)
    return true
  }

  async insertPerson(person: Person): Promise<boolean> {
    const organisation = await this.#database
      .selectFrom('organisations')
      .select('id')
      .where('id', '=', person.organisationId)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (organisation === undefined) return false
    await this.#database
      .insertInto('people')
      .values({
        id: person.id,
        organisation_id: person.organisationId,
        name: person.name,
        email: person.email,
        role: person.role,
        created_at: person.createdAt,
        removed_at: null,
      })
      .execute()
    await announce(this.#database, 'access')
    return true
  }

  setRole(id: PersonId, role: Role): Promise<boolean> {
    return this.#changePerson(id, { role })
  }

  rename(id: PersonId, name: string): Promise<boolean> {
    return this.#changePerson(id, { name })
  }

  async #changePerson(id: PersonId, change: { role: Role } | { name: string }): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('people')
      .set(change)
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    // With another role, somebody signs in anew.
    await this.#database.deleteFrom('sessions').where('person_id', '=', id).execute()
    await announce(this.#database, 'access')
    return true
  }

  async removePerson(id: PersonId, at: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('people')
      .set({ removed_at: at })
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    await this.#endKeys('person_id', id, at)
    await this.#forget([id])
    return true
  }

  /** How they signed in, and where they are signed in. */
  async #forget(people: readonly PersonId[]): Promise<void> {
    if (people.length === 0) return
    for (const table of [
      'sessions',
      'passwords',
      'totp_secrets',
      'recovery_codes',
      'passkeys',
      'identities',
      'sign_in_steps',
    ] as const)
      await this.#database.deleteFrom(table).where('person_id', 'in', people).execute()
  }

  /** With them everybody who goes is announced. */
  async #endKeys(column: 'organisation_id' | 'person_id', id: string, at: number): Promise<void> {
    const revision = await announce(this.#database, 'access')
    const theirs = this.#database
      .selectFrom('keys')
      .select('id')
      .where(column, '=', id as never)
    await this.#database.deleteFrom('sessions').where('key_id', 'in', theirs).execute()
    await this.#database
      .updateTable('keys')
      .set({ revoked_at: at, revision })
      .where(column, '=', id as never)
      .where('revoked_at', 'is', null)
      .execute()
  }
}
