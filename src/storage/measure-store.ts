import type { Kysely, Selectable } from 'kysely'
import type { ActLeaf } from '../core/acts.ts'
import type { MeasureId } from '../core/ids.ts'
import { lastCells } from '../core/packed-rows.ts'
import { rungs, type Lift, type Measure, type Rung } from '../standing/measure.ts'
import { packedMeasureColumns } from '../standing/packed-measure.ts'
import type { MeasurePage, MeasureStore, NewMeasure, RevisedPage } from '../standing/store.ts'
import { targetOf, targetText, type Target } from '../standing/target.ts'
import { appendAct } from './audit-store.ts'
import { addStep, closeIfOver, openCase } from './case-rows.ts'
import { packed } from './packed.ts'
import type { Database } from './schema.ts'
import { announce } from './versions.ts'

/** Ended in one transaction: a ban must not wait for many that run out together. */
const mostLapsed = 5

/** Each method runs inside one transaction that its caller holds. */
export class SqlMeasureStore implements MeasureStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async insert({ newCase, evidence, ...measure }: NewMeasure, entry: ActLeaf | null): Promise<Measure> {
    const { id, rung, reason, by, createdAt, until } = measure
    const target = targetText(measure.target)
    const revision = await announce(this.#database, 'standing')
    const caseId = await openCase(this.#database, target, newCase, createdAt)
    await this.#database
      .insertInto('measures')
      .values({
        id,
        target,
        rung,
        reason,
        by,
        case_id: caseId,
        created_at: createdAt,
        until,
        lifted_at: null,
        lifted_by: null,
        lift_reason: null,
        revision,
      })
      .execute()
    const detail = { measure: id, rung, reason, until }
    await addStep(this.#database, caseId, { at: createdAt, kind: 'measure', by, detail })
    for (const step of evidence) await addStep(this.#database, caseId, step)
    await appendAct(this.#database, entry)
    return { ...measure, caseId, lifted: null, revision }
  }

  async escalate(measure: NewMeasure, entry: ActLeaf | null): Promise<Measure | null> {
    const taken = await this.#escalate(measure)
    if (taken !== null) await appendAct(this.#database, entry)
    return taken
  }

  async #escalate(measure: NewMeasure): Promise<Measure | null> {
    const { target, rung, createdAt, until } = measure
    const standing = await this.list({ target, past: false, now: createdAt, limit: 100 })
    if (standing.some((other) => rungs.indexOf(other.rung) > rungs.indexOf(rung))) return null
    const same = standing.find((other) => other.rung === rung)
    if (same === undefined) return await this.insert(measure, null)
    if (same.until === null || (until !== null && until <= same.until)) return null
    const revision = await announce(this.#database, 'standing')
    const { reason } = measure
    await this.#database
      .updateTable('measures')
      .set({ until, reason, revision })
      .where('id', '=', same.id)
      .execute()
    const detail = { measure: same.id, rung, reason, until }
    await addStep(this.#database, same.caseId, { at: createdAt, kind: 'measure', by: measure.by, detail })
    for (const step of measure.evidence) await addStep(this.#database, same.caseId, step)
    return { ...same, until, reason, revision }
  }

  async lift(target: Target, rung: Rung | null, lift: Lift, entry: ActLeaf | null): Promise<Measure[]> {
    const { at } = lift
    const text = targetText(target)
    let query = this.#database
      .selectFrom('measures')
      .selectAll()
      .where('target', '=', text)
      .where('lifted_at', 'is', null)
      .where((where) => where.or([where('until', 'is', null), where('until', '>', at)]))
    if (rung !== null) query = query.where('rung', '=', rung)
    const lifted: Measure[] = []
    for (const row of await query.orderBy('revision').execute()) lifted.push(await this.#end(row, lift))
    if (lifted.length > 0) await appendAct(this.#database, entry)
    return lifted
  }

  async lapse(now: number): Promise<Measure[]> {
    const rows = await this.#database
      .selectFrom('measures')
      .selectAll()
      .where('lifted_at', 'is', null)
      .where('until', '<=', now)
      .orderBy('until')
      .limit(mostLapsed)
      .execute()
    const lapsed: Measure[] = []
    for (const row of rows) {
      const at = row.until ?? now
      lapsed.push(await this.#end(row, { at, by: 'time', reason: 'Its time was over.' }))
    }
    return lapsed
  }

  async since(revision: number, limit: number, standingAt: number | null): Promise<RevisedPage> {
    let query = this.#database.selectFrom('measures').selectAll().where('revision', '>', revision)
    if (standingAt !== null) {
      query = query
        .where('lifted_at', 'is', null)
        .where((where) => where.or([where('until', 'is', null), where('until', '>', standingAt)]))
    }
    const page = query.orderBy('revision').limit(limit)
    const measures = await packed(this.#database, page, packedMeasureColumns)
    const upTo = Number(lastCells(measures).at(-1) ?? revision)
    return { measures, upTo, more: measures.count === limit }
  }

  async inForce(rung: Rung, after: string, now: number, limit: number): Promise<Measure[]> {
    const rows = await this.#database
      .selectFrom('measures')
      .selectAll()
      .where('rung', '=', rung)
      .where('lifted_at', 'is', null)
      .where('id', '>', after as MeasureId)
      .where((where) => where.or([where('until', 'is', null), where('until', '>', now)]))
      .orderBy('id')
      .limit(limit)
      .execute()
    return rows.map(measureOf)
  }

  async list({ target, rung, past, now, limit }: MeasurePage): Promise<Measure[]> {
    let query = this.#database.selectFrom('measures').selectAll()
    if (target !== undefined) query = query.where('target', '=', targetText(target))
    if (rung !== undefined) query = query.where('rung', '=', rung)
    if (!past) {
      query = query
        .where('lifted_at', 'is', null)
        .where((where) => where.or([where('until', 'is', null), where('until', '>', now)]))
    }
    const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    return rows.map(measureOf)
  }

  async #end(row: Selectable<Database['measures']>, { at, by, reason }: Lift): Promise<Measure> {
    const revision = await announce(this.#database, 'standing')
    const change = { lifted_at: at, lifted_by: by, lift_reason: reason, revision }
    await this.#database.updateTable('measures').set(change).where('id', '=', row.id).execute()
    const detail = { measure: row.id, rung: row.rung, reason }
    await addStep(this.#database, row.case_id, { at, kind: 'lifted', by, detail })
    await closeIfOver(this.#database, row.case_id, at)
    return measureOf({ ...row, ...change })
  }
}

function measureOf(row: Selectable<Database['measures']>): Measure {
  const { lifted_at: at, lifted_by: by, lift_reason: reason } = row
  return {
    id: row.id,
    target: targetOf(row.target),
    rung: row.rung,
    reason: row.reason,
    by: row.by,
    caseId: row.case_id,
    createdAt: row.created_at,
    until: row.until,
    lifted: at === null ? null : { at, by: by ?? '', reason: reason ?? '' },
    revision: row.revision,
  }
}
