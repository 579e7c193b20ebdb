import { sql, type Kysely } from 'kysely'
import type { Quota } from '../access/quotas/quota.ts'
import type { QuotaStore, Settling, Taken, Taking } from '../access/quotas/store.ts'
import type { ActLeaf } from '../core/acts.ts'
import { announceAccess } from './access-changes.ts'
import { appendAct } from './audit-store.ts'
import type { Database } from './schema.ts'

/** A part of a quota that is taken at once: the less is left, the less, so that others find some as well. */
const shareOfLeft = 8
/** Periods that are over stay as long, for those whose last words come late. */
const keptMilliseconds = 3_600_000

/** Each method runs inside one transaction that its caller holds. */
export class SqlQuotaStore implements QuotaStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async list(): Promise<Quota[]> {
    return await this.#quotas().execute()
  }

  /** Those of these that there are. */
  async quotas(ids: readonly string[]): Promise<Quota[]> {
    return await this.#quotas().where('id', 'in', ids).execute()
  }

  #quotas() {
    return this.#database
      .selectFrom('quotas')
      .select(['id', 'subject', 'organisation_id as organisationId', 'model', 'meter', 'period', 'amount'])
      .select('created_at as createdAt')
      .orderBy('created_at')
      .orderBy('id')
  }

  async set({ organisationId, createdAt, ...rest }: Quota, entry: ActLeaf | null): Promise<void> {
    const before = await this.#database
      .deleteFrom('quotas')
      .where('subject', '=', rest.subject)
      .where('meter', '=', rest.meter)
      .where('model', rest.model === null ? 'is' : '=', rest.model)
      .where('period', rest.period === null ? 'is' : '=', rest.period)
      .where('organisation_id', organisationId === null ? 'is' : '=', organisationId)
      .returning('id')
      .execute()
    await this.#database
      .insertInto('quotas')
      .values({ ...rest, organisation_id: organisationId, created_at: createdAt })
      .execute()
    const ids = new Set([rest.id, ...before.map(({ id }) => id)])
    await announceAccess(
      this.#database,
      [...ids].map((id) => ({ kind: 'quota', id })),
    )
    await appendAct(this.#database, entry)
  }

  async remove(id: string, entry: ActLeaf | null): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('quotas')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) return false
    await announceAccess(this.#database, [{ kind: 'quota', id }])
    await appendAct(this.#database, entry)
    return true
  }

  async take(holder: string, takings: readonly Taking[], now: number, expiresAt: number): Promise<Taken[]> {
    const taken: Taken[] = []
    // In one order everywhere: two that take several at once never wait for each other in a circle.
    const order = takings.map((taking, index) => ({ taking, index }))
    order.sort((one, other) => (one.taking.counter < other.taking.counter ? -1 : 1))
    for (const { taking, index } of order) taken[index] = await this.#takeOne(holder, taking, now, expiresAt)
    return taken
  }

  async #takeOne(holder: string, taking: Taking, now: number, expiresAt: number): Promise<Taken> {
    const { counter, start, resetsAt, limit, need, want } = taking
    await this.#database
      .insertInto('quota_counters')
      .values({ counter, start, resets_at: resetsAt, used: 0 })
      .onConflict((conflict) => conflict.columns(['counter', 'start']).doNothing())
      .execute()
    let left = limit - (await this.#usedOf(counter, start))
    if (left < need) {
      await this.#reclaim(counter, start, now)
      left = limit - (await this.#usedOf(counter, start))
    }
    if (left < need) return { granted: 0, remaining: Math.max(0, left) }
    const granted = Math.max(need, Math.min(want, Math.floor(left / shareOfLeft)))
    // The condition is what holds, whatever was read before.
    const { numUpdatedRows } = await this.#database
      .updateTable('quota_counters')
      .set((row) => ({ used: row('used', '+', granted) }))
      .where('counter', '=', counter)
      .where('start', '=', start)
      .where('used', '<=', limit - granted)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return { granted: 0, remaining: 0 }
    await this.#database
      .insertInto('quota_leases')
      .values({ holder, counter, start, left_over: granted, expires_at: expiresAt })
      .onConflict((conflict) =>
        conflict.columns(['holder', 'counter', 'start']).doUpdateSet({
          left_over: sql`quota_leases.left_over + ${granted}`,
          expires_at: expiresAt,
        }),
      )
      .execute()
    return { granted, remaining: left - granted }
  }

  async settle(holder: string, settlings: readonly Settling[], expiresAt: number): Promise<boolean[]> {
    const held: boolean[] = []
    const order = [...settlings.entries()]
    order.sort(([, one], [, other]) => (one.counter < other.counter ? -1 : 1))
    for (const [index, { counter, start, resetsAt, spent, returned, over }] of order) {
      const { numUpdatedRows } = await this.#database
        .updateTable('quota_leases')
        .set((row) => ({ left_over: row('left_over', '-', spent + returned), expires_at: expiresAt }))
        .where('holder', '=', holder)
        .where('counter', '=', counter)
        .where('start', '=', start)
        .where('left_over', '>=', spent + returned)
        .executeTakeFirstOrThrow()
      held[index] = numUpdatedRows > 0n
      // Where the lease had ended, all that was left of it has come back already, what was spent included.
      const change = over + (numUpdatedRows === 0n ? spent : -returned)
      if (change === 0) continue
      await this.#database
        .insertInto('quota_counters')
        .values({ counter, start, resets_at: resetsAt, used: Math.max(0, change) })
        .onConflict((conflict) =>
          conflict.columns(['counter', 'start']).doUpdateSet({ used: sql`quota_counters.used + ${change}` }),
        )
        .execute()
    }
    await this.#database
      .deleteFrom('quota_leases')
      .where('holder', '=', holder)
      .where('left_over', '=', 0)
      .execute()
    return held
  }

  async used(counters: readonly { counter: string; start: number }[]): Promise<number[]> {
    const used: number[] = []
    for (const { counter, start } of counters) used.push(await this.#usedOf(counter, start))
    return used
  }

  async prune(now: number): Promise<void> {
    const expired = await this.#database
      .selectFrom('quota_leases')
      .select(['counter', 'start'])
      .distinct()
      .where('expires_at', '<=', now)
      .execute()
    for (const { counter, start } of expired) await this.#reclaim(counter, start, now)
    await this.#database
      .deleteFrom('quota_counters')
      .where('resets_at', '<', now - keptMilliseconds)
      .execute()
  }

  async #usedOf(counter: string, start: number): Promise<number> {
    const row = await this.#database
      .selectFrom('quota_counters')
      .select('used')
      .where('counter', '=', counter)
      .where('start', '=', start)
      .executeTakeFirst()
    return row?.used ?? 0
  }

  /** What holders who are gone had left. */
  async #reclaim(counter: string, start: number, now: number): Promise<void> {
    const gone = await this.#database
      .deleteFrom('quota_leases')
      .where('counter', '=', counter)
      .where('start', '=', start)
      .where('expires_at', '<=', now)
      .returning('left_over')
      .execute()
    const left = gone.reduce((sum, { left_over }) => sum + left_over, 0)
    if (left === 0) return
    await this.#database
      .updateTable('quota_counters')
      .set((row) => ({ used: row('used', '-', left) }))
      .where('counter', '=', counter)
      .where('start', '=', start)
      .execute()
  }
}
