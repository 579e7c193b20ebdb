import type { Kysely } from 'kysely'
import type { Person } from '../access/directory.ts'
import type { DirectoryStore, StoredOrganisation } from '../access/store.ts'
import type { ActLeaf } from '../core/acts.ts'
import type { Account, OrganisationId, PersonId, SessionId } from '../core/ids.ts'
import type { Role } from '../core/principal.ts'
import { announceAccess, type AccessChange } from './access-changes.ts'
import { appendAct } from './audit-store.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlDirectoryStore implements DirectoryStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async all(): Promise<{ organisations: StoredOrganisation[]; people: Person[] }> {
    return { organisations: await this.#organisations().execute(), people: await this.#people().execute() }
  }

  /** Those of these that there are. */
  async organisations(ids: readonly string[]): Promise<StoredOrganisation[]> {
    return await this.#organisations()
      .where('id', 'in', ids as readonly OrganisationId[])
      .execute()
  }

  /** As `organisations`. */
  async people(ids: readonly string[]): Promise<Person[]> {
    return await this.#people()
      .where('id', 'in', ids as readonly PersonId[])
      .execute()
  }

  #organisations() {
    return this.#database
      .selectFrom('organisations')
      .select(['id', 'name', 'end_user_key as endUserKey', 'created_at as createdAt'])
      .where('removed_at', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
  }

  #people() {
    return this.#database
      .selectFrom('people')
      .select(['id', 'organisation_id as organisationId', 'name', 'email', 'role', 'created_at as createdAt'])
      .where('removed_at', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
  }

  async insertOrganisation(
    { id, name, endUserKey, createdAt }: StoredOrganisation,
    entry: ActLeaf | null,
  ): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#database
      .insertInto('organisations')
      .values({ id, name, end_user_key: endUserKey, created_at: createdAt, removed_at: null })
      .onConflict((conflict) => conflict.column('name').where('removed_at', 'is', null).doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) return false
    await announceAccess(this.#database, [{ kind: 'organisation', id }])
    await appendAct(this.#database, entry)
    return true
  }

  async removeOrganisation(id: OrganisationId, at: number, entry: ActLeaf | null): Promise<boolean> {
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
    const gone = people.map((person) => ({ kind: 'person', id: person.id }) as const)
    const sessions = await this.#forget(people.map((person) => person.id))
    await this.#endKeys('organisation_id', id, at, [{ kind: 'organisation', id }, ...gone, ...sessions])
    await appendAct(this.#database, entry)
    return true
  }

  async insertPerson(person: Person, entry: ActLeaf | null): Promise<boolean | null> {
    const organisation = await this.#database
      .selectFrom('organisations')
      .select('id')
      .where('id', '=', person.organisationId)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (organisation === undefined) return null
    const { numInsertedOrUpdatedRows } = await this.#database
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
      .onConflict((conflict) => conflict.column('email').where('removed_at', 'is', null).doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) return false
    await announceAccess(this.#database, [{ kind: 'person', id: person.id }])
    await appendAct(this.#database, entry)
    return true
  }

  async setRole(id: PersonId, role: Role, entry: ActLeaf | null): Promise<boolean> {
    if (!(await this.#changePerson(id, { role }))) return false
    // With another role, somebody signs in anew.
    const sessions = await this.#database
      .deleteFrom('sessions')
      .where('person_id', '=', id)
      .returning('id')
      .execute()
    await announceAccess(this.#database, [{ kind: 'person', id }, ...sessions.map(asChange)])
    await appendAct(this.#database, entry)
    return true
  }

  async rename(id: PersonId, name: string, entry: ActLeaf | null): Promise<boolean> {
    if (!(await this.#changePerson(id, { name }))) return false
    await announceAccess(this.#database, [{ kind: 'person', id }])
    await appendAct(this.#database, entry)
    return true
  }

  async #changePerson(id: PersonId, change: { role: Role } | { name: string }): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('people')
      .set(change)
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirstOrThrow()
    return numUpdatedRows > 0n
  }

  async removePerson(id: PersonId, at: number, entry: ActLeaf | null): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('people')
      .set({ removed_at: at })
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    const sessions = await this.#forget([id])
    await this.#endKeys('person_id', id, at, [{ kind: 'person', id }, ...sessions])
    await appendAct(this.#database, entry)
    return true
  }

  /** How they signed in, where they are signed in, and what they left here. @returns the sessions that this ends */
  async #forget(people: readonly PersonId[]): Promise<AccessChange[]> {
    if (people.length === 0) return []
    const sessions = await this.#database
      .deleteFrom('sessions')
      .where('person_id', 'in', people)
      .returning('id')
      .execute()
    for (const table of [
      'passwords',
      'totp_secrets',
      'recovery_codes',
      'passkeys',
      'identities',
      'sign_in_steps',
    ] as const)
      await this.#database.deleteFrom(table).where('person_id', 'in', people).execute()
    for (const table of ['responses', 'files'] as const)
      await this.#database
        .deleteFrom(table)
        .where('account', 'in', people as readonly string[] as readonly Account[])
        .execute()
    return sessions.map(asChange)
  }

  /** With what was left here by them; everybody who goes is announced. */
  async #endKeys(
    column: 'organisation_id' | 'person_id',
    id: string,
    at: number,
    gone: readonly AccessChange[],
  ): Promise<void> {
    const theirs = this.#database
      .selectFrom('keys')
      .select('id')
      .where(column, '=', id as never)
    const sessions = await this.#database
      .deleteFrom('sessions')
      .where('key_id', 'in', theirs)
      .returning('id')
      .execute()
    for (const table of ['responses', 'files'] as const)
      await this.#database
        .deleteFrom(table)
        .where('account', 'in', theirs as never)
        .execute()
    await this.#database.deleteFrom('batches').where('key_id', 'in', theirs).execute()
    const revision = await announceAccess(this.#database, [...gone, ...sessions.map(asChange)])
    await this.#database
      .updateTable('keys')
      .set({ revoked_at: at, revision })
      .where(column, '=', id as never)
      .where('revoked_at', 'is', null)
      .execute()
  }
}

function asChange({ id }: { readonly id: SessionId }): AccessChange {
  return { kind: 'session', id }
}
