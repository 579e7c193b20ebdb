import type { Kysely, Selectable } from 'kysely'
import type { ActLeaf } from '../core/acts.ts'
import type { CaseId } from '../core/ids.ts'
import type { Case, CaseStep } from '../standing/case.ts'
import type { CaseStore } from '../standing/store.ts'
import { parseTarget, targetText, type Target } from '../standing/target.ts'
import { appendAct } from './audit-store.ts'
import { addStep, closeIfOver, openCase } from './case-rows.ts'
import type { Database } from './schema.ts'

const mostSteps = 500

/** Each method runs inside one transaction that its caller holds. */
export class SqlCaseStore implements CaseStore {
  readonly #database: Kysely<Database>

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  async find(id: CaseId): Promise<{ case: Case; steps: CaseStep[] } | null> {
    const row = await this.#database.selectFrom('cases').selectAll().where('id', '=', id).executeTakeFirst()
    if (row === undefined) return null
    const steps = await this.#database
      .selectFrom('case_steps')
      .select(['at', 'kind', 'by', 'detail'])
      .where('case_id', '=', id)
      .orderBy('at')
      .limit(mostSteps)
      .execute()
    return {
      case: caseOf(row),
      steps: steps.map(({ at, kind, by, detail }) => {
        return { at, kind, by, detail: JSON.parse(detail) as CaseStep['detail'] }
      }),
    }
  }

  async list(filter: { target?: Target; state?: Case['state']; limit: number }): Promise<Case[]> {
    let query = this.#database.selectFrom('cases').selectAll()
    if (filter.target !== undefined) query = query.where('target', '=', targetText(filter.target))
    if (filter.state !== undefined) query = query.where('state', '=', filter.state)
    const rows = await query.orderBy('updated_at', 'desc').orderBy('id', 'desc').limit(filter.limit).execute()
    return rows.map(caseOf)
  }

  async addStep(id: CaseId, step: CaseStep): Promise<void> {
    await addStep(this.#database, id, step)
  }

  async extend(target: Target, fresh: CaseId, steps: readonly CaseStep[]): Promise<CaseId> {
    const id = await openCase(this.#database, targetText(target), fresh, steps[0]?.at ?? 0)
    for (const step of steps) await addStep(this.#database, id, step)
    return id
  }

  async close(id: CaseId, step: CaseStep, entry: ActLeaf | null): Promise<boolean> {
    const found = await this.#database
      .selectFrom('cases')
      .select('id')
      .where('id', '=', id)
      .where('state', '=', 'open')
      .executeTakeFirst()
    if (found === undefined || !(await closeIfOver(this.#database, id, step.at))) return false
    await addStep(this.#database, id, step)
    await appendAct(this.#database, entry)
    return true
  }
}

function caseOf(row: Selectable<Database['cases']>): Case {
  const { id, target, state, opened_at: openedAt, updated_at: updatedAt } = row
  return { id, target: parseTarget(target), state, openedAt, updatedAt }
}
