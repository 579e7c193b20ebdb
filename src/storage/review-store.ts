import type { Kysely, Selectable } from 'kysely'
import type { ActLeaf } from '../core/acts.ts'
import type { KeyId, PersonId } from '../core/ids.ts'
import { rungs, type Measure } from '../standing/measure.ts'
import type { Deciding, Review, ReviewFilter, ReviewStore } from '../standing/review.ts'
import { parseTarget, targetText } from '../standing/target.ts'
import { appendAct } from './audit-store.ts'
import { addStep } from './case-rows.ts'
import { SqlMeasureStore } from './measure-store.ts'
import type { Database } from './schema.ts'
import { SqlStandingEventStore } from './standing-event-store.ts'

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
      .select(['id', 'proposed', 'case_id', 'claimed_until'])
      .where('target', '=', target)
      .where('kind', '=', review.kind)
      .where('outcome', 'is', null)
      .execute()
    const wanted = strictnessOf(review.proposed)
    if (waiting.some(({ proposed }) => strictnessOf(proposed) >= wanted)) return false
    // Whoever holds one decides what they were shown.
    const free = waiting.find(({ claimed_until: until }) => until === null || until <= review.createdAt)
    if (free !== undefined) {
      await this.#database
        .updateTable('reviews')
        .set({ proposed: review.proposed, case_id: free.case_id ?? review.caseId })
        .where('id', '=', free.id)
        .execute()
      await appendAct(this.#database, entry)
      return true
    }
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
      if (!alsoOwn && (await this.#isTheirOwn(row, by))) continue
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

  async decide(id: string, deciding: Deciding): Promise<Measure[] | null> {
    const { outcome, at, by, reason } = deciding.decision
    const held = await this.#held(id, by, at)
    if (held === null) return null
    await this.#database
      .updateTable('reviews')
      .set({ outcome, decided_at: at, decided_by: by, decision: reason })
      .where('id', '=', id)
      .execute()
    if (held.case_id !== null) await addStep(this.#database, held.case_id, deciding.step)
    await appendAct(this.#database, deciding.entry)
    const changed = await this.#follow(held.target, deciding)
    if (changed.length > 0) await appendAct(this.#database, deciding.consequence)
    return changed
  }

  async #follow(text: string, { decision, measure }: Deciding): Promise<Measure[]> {
    const measures = new SqlMeasureStore(this.#database)
    if (measure !== null) return [await measures.insert(measure, null)]
    if (decision.outcome !== 'reversed') return []
    const target = parseTarget(text)
    await new SqlStandingEventStore(this.#database).void(target, decision.by)
    // Nothing where it ended by itself while somebody thought about it.
    return await measures.lift(target, null, decision, null)
  }

  async find(id: string): Promise<Review | null> {
    const row = await this.#row(id)
    return row === undefined ? null : reviewOf(row)
  }

  async list(filter: ReviewFilter): Promise<Review[]> {
    let query = this.#database.selectFrom('reviews').selectAll()
    if (filter.caseId !== undefined) query = query.where('case_id', '=', filter.caseId)
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

  /** Whether it concerns them, or is an appeal against their decision or by themselves. */
  async #isTheirOwn({ kind, target, case_id: caseId }: ReviewRow, by: string): Promise<boolean> {
    if (target === `person:${by}` || target === `key:${by}`) return true
    if (target.startsWith('key:') && (await this.#isKeyOf(target.slice('key:'.length), by))) return true
    return kind === 'appeal' && ((await this.#decidedBy(caseId, by)) || (await this.#appealedBy(caseId, by)))
  }

  async #isKeyOf(key: string, person: string): Promise<boolean> {
    const found = await this.#database
      .selectFrom('keys')
      .select('id')
      .where('id', '=', key as KeyId)
      .where('person_id', '=', person as PersonId)
      .executeTakeFirst()
    return found !== undefined
  }

  async #appealedBy(caseId: Review['caseId'], by: string): Promise<boolean> {
    if (caseId === null) return false
    const own = await this.#database
      .selectFrom('case_steps')
      .select('id')
      .where('case_id', '=', caseId)
      .where('kind', '=', 'appealed')
      .where('by', '=', by)
      .executeTakeFirst()
    return own !== undefined
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

/** Stricter is more; an appeal asks for no step. */
function strictnessOf(proposed: Review['proposed']): number {
  return proposed === null ? -1 : rungs.indexOf(proposed)
}

type ReviewRow = Selectable<Database['reviews']>

function reviewOf(row: ReviewRow): Review {
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
