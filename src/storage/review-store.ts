import type { Kysely, Selectable } from 'kysely'
import type { ActLeaf } from '../core/acts.ts'
import type { Decision, Review, ReviewStore } from '../standing/review.ts'
import { parseTarget, targetText } from '../standing/target.ts'
import { appendAct } from './audit-store.ts'
import type { Database } from './schema.ts'

/** How many are looked through for one that may be claimed. */
const mostLookedAt = 500

/** Each method runs inside one transaction that its caller holds. */
export class SqlReviewStore implements ReviewStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async add(review: Review, entry: ActLeaf | null): Promise<boolean> {
    const target = targetText(review.target)
    const waiting = await this.#database
      .selectFrom('reviews')
      .select('id')
      .where('target', '=', target)
      .where('kind', '=', review.kind)
      .where('outcome', 'is', null)
      .executeTakeFirst()
    if (waiting !== undefined) return false
    await this.#database
      .insertInto('reviews')
      .values({
        id: review.id,
        kind: review.kind,
        target,
        case_id: review.caseId,
        proposed: review.proposed,
        statement: review.statement,
        created_at: review.createdAt,
        claimed_by: null,
        claimed_until: null,
        skipped: '[]',
        outcome: null,
        decided_at: null,
        decided_by: null,
        decision: null,
      })
      .execute()
    await appendAct(this.#database, entry)
    return true
  }

  async claim(by: string, now: number, until: number, alsoOwn: boolean): Promise<Review | null> {
    const waiting = await this.#database
      .selectFrom('reviews')
      .selectAll()
      .where('outcome', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
      .limit(mostLookedAt)
      .execute()
    const held = waiting.find((row) => row.claimed_by === by && (row.claimed_until ?? 0) > now)
    if (held !== undefined) return reviewOf(held)
    for (const row of waiting) {
      const free = row.claimed_until === null || row.claimed_until <= now
      if (!free || (JSON.parse(row.skipped) as string[]).includes(by)) continue
      if (!alsoOwn && row.kind === 'appeal' && (await this.#decidedBy(row.case_id, by))) continue
      const claim = { claimed_by: by, claimed_until: until }
      await this.#database.updateTable('reviews').set(claim).where('id', '=', row.id).execute()
      return reviewOf({ ...row, ...claim })
    }
    return null
  }

  async skip(id: string, by: string, now: number): Promise<boolean> {
    const row = await this.#held(id, by, now)
    if (row === null) return false
    const skipped = JSON.stringify([...(JSON.parse(row.skipped) as string[]), by])
    await this.#database
      .updateTable('reviews')
      .set({ skipped, claimed_by: null, claimed_until: null })
      .where('id', '=', id)
      .execute()
    return true
  }

  async decide(id: string, { outcome, at, by, reason }: Decision, entry: ActLeaf | null): Promise<boolean> {
    if ((await this.#held(id, by, at)) === null) return false
    await this.#database
      .updateTable('reviews')
      .set({ outcome, decided_at: at, decided_by: by, decision: reason })
      .where('id', '=', id)
      .execute()
    await appendAct(this.#database, entry)
    return true
  }

  async find(id: string): Promise<Review | null> {
    const row = await this.#row(id)
    return row === undefined ? null : reviewOf(row)
  }

  async list(filter: { kind?: Review['kind']; waiting: boolean; limit: number }): Promise<Review[]> {
    let query = this.#database.selectFrom('reviews').selectAll()
    if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
    if (filter.waiting) query = query.where('outcome', 'is', null)
    const rows = await query.orderBy('created_at').orderBy('id').limit(filter.limit).execute()
    return rows.map(reviewOf)
  }

  async #row(id: string) {
    return await this.#database.selectFrom('reviews').selectAll().where('id', '=', id).executeTakeFirst()
  }

  async #held(id: string, by: string, now: number) {
    const row = await this.#row(id)
    if (row === undefined || row.outcome !== null || row.claimed_by !== by) return null
    return (row.claimed_until ?? 0) > now ? row : null
  }

  async #decidedBy(caseId: Review['caseId'], by: string): Promise<boolean> {
    if (caseId === null) return false
    const own = await this.#database
      .selectFrom('measures')
      .select('id')
      .where('case_id', '=', caseId)
      .where('by', '=', by)
      .executeTakeFirst()
    return own !== undefined
  }
}

function reviewOf(row: Selectable<Database['reviews']>): Review {
  return {
    id: row.id,
    kind: row.kind,
    target: parseTarget(row.target),
    caseId: row.case_id,
    proposed: row.proposed,
    statement: row.statement,
    createdAt: row.created_at,
    claim:
      row.claimed_by === null || row.claimed_until === null
        ? null
        : { by: row.claimed_by, until: row.claimed_until },
    decided:
      row.outcome === null
        ? null
        : {
            outcome: row.outcome,
            at: row.decided_at ?? 0,
            by: row.decided_by ?? '',
            reason: row.decision ?? '',
          },
  }
}
