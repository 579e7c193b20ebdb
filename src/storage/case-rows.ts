/** What several stores do to cases inside their own transactions. */
import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { CaseId } from '../core/ids.ts'
import type { CaseStep } from '../standing/case.ts'
import { noticeOf } from '../standing/webhooks/notice.ts'
import type { Database } from './schema.ts'

/** The open case of a target; `fresh` is opened when there is none. */
export async function openCase(
  database: Kysely<Database>,
  target: string,
  fresh: CaseId,
  at: number,
): Promise<CaseId> {
  const open = await database
    .selectFrom('cases')
    .select('id')
    .where('target', '=', target)
    .where('state', '=', 'open')
    .executeTakeFirst()
  if (open !== undefined) return open.id
  await database
    .insertInto('cases')
    .values({ id: fresh, target, state: 'open', opened_at: at, updated_at: at })
    .execute()
  return fresh
}

/** What receivers of webhooks must hear of is put down for them in the same transaction. */
export async function addStep(database: Kysely<Database>, caseId: CaseId, step: CaseStep): Promise<void> {
  await database
    .insertInto('case_steps')
    .values({
      id: randomUUID(),
      case_id: caseId,
      at: step.at,
      kind: step.kind,
      by: step.by,
      detail: JSON.stringify(step.detail),
    })
    .execute()
  // Evidence is older than what followed from it.
  await database
    .updateTable('cases')
    .set({ updated_at: step.at })
    .where('id', '=', caseId)
    .where('updated_at', '<', step.at)
    .execute()
  const owner = await database
    .selectFrom('cases')
    .select('target')
    .where('id', '=', caseId)
    .executeTakeFirst()
  const notice = owner === undefined ? null : noticeOf(owner.target, caseId, step)
  if (notice === null) return
  await database
    .insertInto('standing_notices')
    .values({ id: `msg_${randomUUID().replaceAll('-', '')}`, at: step.at, body: JSON.stringify(notice) })
    .execute()
}

/** Closes a case in which nothing is in force any more. @returns whether it did */
export async function closeIfOver(database: Kysely<Database>, caseId: CaseId, now: number): Promise<boolean> {
  const standing = await database
    .selectFrom('measures')
    .select('id')
    .where('case_id', '=', caseId)
    .where('lifted_at', 'is', null)
    .where((where) => where.or([where('until', 'is', null), where('until', '>', now)]))
    .limit(1)
    .executeTakeFirst()
  if (standing !== undefined) return false
  await database
    .updateTable('cases')
    .set({ state: 'closed', updated_at: now })
    .where('id', '=', caseId)
    .execute()
  return true
}
