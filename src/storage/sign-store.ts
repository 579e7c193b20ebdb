import type { Kysely } from 'kysely'
import type { Sign, SignStore } from '../monitoring/insight/sign.ts'
import type { Database } from './schema.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlSignStore implements SignStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async add(signs: readonly Sign[], forget: number): Promise<void> {
    for (const { entryId: entry_id, ...sign } of signs) {
      await this.#database
        .insertInto('signs')
        .values({ entry_id, ...sign })
        .onConflict((conflict) => conflict.column('entry_id').doNothing())
        .execute()
    }
    await this.#database.deleteFrom('signs').where('at', '<', forget).execute()
  }

  async since(at: number, limit: number): Promise<Sign[]> {
    return await this.#database
      .selectFrom('signs')
      .select(['entry_id as entryId', 'at', 'person', 'fingerprint', 'hazards', 'attack', 'blocked'])
      .where('at', '>=', at)
      .orderBy('at', 'desc')
      .orderBy('entry_id')
      .limit(limit)
      .execute()
  }

  async key(made: string): Promise<string> {
    await this.#database
      .insertInto('sign_keys')
      .values({ id: 1, key: made })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
    const { key } = await this.#database.selectFrom('sign_keys').select('key').executeTakeFirstOrThrow()
    return key
  }
}
