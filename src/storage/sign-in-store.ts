import type { Kysely, Selectable } from 'kysely'
import type {
  Bound,
  GoodTry,
  Methods,
  SignInStore,
  StoredIdentity,
  StoredPasskey,
  StoredPassword,
  StoredStep,
} from '../access/sign-in/store.ts'
import type { ActLeaf } from '../core/acts.ts'
import type { PersonId, Sha256 } from '../core/ids.ts'
import { appendAct } from './audit-store.ts'
import type { Database } from './schema.ts'
import type { PasskeysTable } from './sign-in-tables.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlSignInStore implements SignInStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async methods(person: PersonId): Promise<Methods> {
    const password = await this.#database
      .selectFrom('passwords')
      .select(['hash', 'changed_at as changedAt'])
      .where('person_id', '=', person)
      .executeTakeFirst()
    const totp = await this.#database
      .selectFrom('totp_secrets')
      .select(['secret', 'last_step as lastStep', 'confirmed_at as confirmedAt'])
      .where('person_id', '=', person)
      .executeTakeFirst()
    const codes = await this.#database
      .selectFrom('recovery_codes')
      .select('hash')
      .where('person_id', '=', person)
      .execute()
    const passkeys = await this.#database
      .selectFrom('passkeys')
      .selectAll()
      .where('person_id', '=', person)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return {
      password: password ?? null,
      totp: totp ?? null,
      recoveryCodesLeft: codes.length,
      passkeys: passkeys.map(passkeyOf),
    }
  }

  async setPassword(
    person: PersonId,
    { hash, changedAt }: StoredPassword,
    entry: ActLeaf | null,
  ): Promise<void> {
    await this.#database
      .insertInto('passwords')
      .values({ person_id: person, hash, changed_at: changedAt })
      .onConflict((conflict) => conflict.column('person_id').doUpdateSet({ hash, changed_at: changedAt }))
      .execute()
    await appendAct(this.#database, entry)
  }

  async setTotp(person: PersonId, secret: string): Promise<void> {
    await this.removeTotp(person, null)
    await this.#database
      .insertInto('totp_secrets')
      .values({ person_id: person, secret, last_step: 0, confirmed_at: null })
      .execute()
  }

  async confirmTotp(
    person: PersonId,
    { step, codes, now }: Parameters<SignInStore['confirmTotp']>[1],
    entry: ActLeaf | null,
  ): Promise<boolean> {
    if (!(await this.useTotpStep(person, step))) return false
    await this.#database
      .updateTable('totp_secrets')
      .set({ confirmed_at: now })
      .where('person_id', '=', person)
      .execute()
    await this.#database.deleteFrom('recovery_codes').where('person_id', '=', person).execute()
    await this.#database
      .insertInto('recovery_codes')
      .values(codes.map((hash) => ({ hash, person_id: person })))
      .execute()
    await appendAct(this.#database, entry)
    return true
  }

  async useTotpStep(person: PersonId, step: number): Promise<boolean> {
    // Of two that bring the same code at once, one changes nothing.
    const { numUpdatedRows } = await this.#database
      .updateTable('totp_secrets')
      .set({ last_step: step })
      .where('person_id', '=', person)
      .where('last_step', '<', step)
      .executeTakeFirstOrThrow()
    return numUpdatedRows === 1n
  }

  async removeTotp(person: PersonId, entry: ActLeaf | null): Promise<boolean> {
    const removed = await this.#database
      .deleteFrom('totp_secrets')
      .where('person_id', '=', person)
      .returning('confirmed_at')
      .executeTakeFirst()
    await this.#database.deleteFrom('recovery_codes').where('person_id', '=', person).execute()
    if (removed === undefined || removed.confirmed_at === null) return false
    await appendAct(this.#database, entry)
    return true
  }

  async useRecoveryCode(person: PersonId, code: Sha256): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('recovery_codes')
      .where('hash', '=', code)
      .where('person_id', '=', person)
      .executeTakeFirstOrThrow()
    return numDeletedRows === 1n
  }

  async addPasskey(passkey: StoredPasskey, entry: ActLeaf | null): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#database
      .insertInto('passkeys')
      .values({
        id: passkey.id,
        person_id: passkey.personId,
        name: passkey.name,
        public_key: passkey.publicKey,
        counter: passkey.counter,
        transports: JSON.stringify(passkey.transports),
        created_at: passkey.createdAt,
        last_used_at: passkey.lastUsedAt,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) return false
    await appendAct(this.#database, entry)
    return true
  }

  async passkey(id: string): Promise<StoredPasskey | null> {
    const row = await this.#database
      .selectFrom('passkeys')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst()
    return row === undefined ? null : passkeyOf(row)
  }

  async usePasskey(id: string, counter: number, now: number): Promise<boolean> {
    // WebAuthn, 7.2, step 22: a counter that does not grow is a sign of a copy; 0 means that it does not count.
    const { numUpdatedRows } = await this.#database
      .updateTable('passkeys')
      .set({ counter, last_used_at: now })
      .where('id', '=', id)
      .where((row) => (counter === 0 ? row('counter', '=', 0) : row('counter', '<', counter)))
      .executeTakeFirstOrThrow()
    return numUpdatedRows === 1n
  }

  async removePasskey(person: PersonId, id: string, entry: ActLeaf | null): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('passkeys')
      .where('id', '=', id)
      .where('person_id', '=', person)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) return false
    await appendAct(this.#database, entry)
    return true
  }

  async identity(issuer: string, subject: string): Promise<PersonId | null> {
    const row = await this.#database
      .selectFrom('identities')
      .select('person_id')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .executeTakeFirst()
    return row?.person_id ?? null
  }

  async link(
    { issuer, subject, personId, createdAt }: StoredIdentity,
    entry: ActLeaf | null,
  ): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#database
      .insertInto('identities')
      .values({ issuer, subject, person_id: personId, created_at: createdAt })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) return false
    await appendAct(this.#database, entry)
    return true
  }

  async begin(step: StoredStep): Promise<void> {
    await this.#database
      .insertInto('sign_in_steps')
      .values({
        hash: step.hash,
        kind: step.kind,
        person_id: step.personId,
        content: step.content,
        expires_at: step.expiresAt,
      })
      .execute()
  }

  async beginAnew(step: StoredStep, entry: ActLeaf | null): Promise<void> {
    await this.#database
      .deleteFrom('sign_in_steps')
      .where('person_id', '=', step.personId)
      .where('kind', '=', step.kind)
      .execute()
    await this.begin(step)
    await appendAct(this.#database, entry)
  }

  async step(hash: Sha256, now: number): Promise<StoredStep | null> {
    const row = await this.#database
      .selectFrom('sign_in_steps')
      .select(['hash', 'kind', 'person_id as personId', 'content', 'expires_at as expiresAt'])
      .where('hash', '=', hash)
      .where('expires_at', '>', now)
      .executeTakeFirst()
    return row ?? null
  }

  async takeStep(hash: Sha256, now: number): Promise<StoredStep | null> {
    const step = await this.step(hash, now)
    const { numDeletedRows } = await this.#database
      .deleteFrom('sign_in_steps')
      .where((row) => row.or([row('hash', '=', hash), row('expires_at', '<=', now)]))
      .executeTakeFirstOrThrow()
    return numDeletedRows === 0n ? null : step
  }

  async count(bounds: readonly Bound[], windowMilliseconds: number, now: number): Promise<number | null> {
    await this.#database.deleteFrom('sign_in_tries').where('expires_at', '<=', now).execute()
    for (const { subject, most } of bounds) {
      const { count, expires_at } = await this.#database
        .insertInto('sign_in_tries')
        .values({ subject, count: 1, expires_at: now + windowMilliseconds })
        .onConflict((conflict) =>
          conflict.column('subject').doUpdateSet((row) => ({
            count: row('sign_in_tries.count', '+', 1),
          })),
        )
        .returning(['count', 'expires_at'])
        .executeTakeFirstOrThrow()
      if (count > most) return expires_at
    }
    return null
  }

  async countedGood({ forget, giveBack, before }: GoodTry): Promise<void> {
    await this.#database.deleteFrom('sign_in_tries').where('subject', '=', forget).execute()
    await this.#database
      .updateTable('sign_in_tries')
      .set((row) => ({ count: row('count', '-', 1) }))
      .where('subject', 'in', giveBack)
      .where('count', '>', 0)
      .where('expires_at', '<=', before)
      .execute()
  }
}

function passkeyOf(row: Selectable<PasskeysTable>): StoredPasskey {
  return {
    id: row.id,
    personId: row.person_id,
    name: row.name,
    publicKey: row.public_key,
    counter: row.counter,
    transports: JSON.parse(row.transports) as string[],
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }
}
