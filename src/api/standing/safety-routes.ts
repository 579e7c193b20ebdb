/** What whoever it concerns can read and say about their own cases, also while they are kept out. */
import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { CaseId } from '../../core/ids.ts'
import { appealAddress, inForce, rungs, type Measure } from '../../standing/measure.ts'
import type { Review } from '../../standing/review.ts'
import type { CaseFile, Standing } from '../../standing/standing.ts'
import { targetText } from '../../standing/target.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import { whoseBy } from '../whose.ts'
import { caseView, caseViewOf, rungWords } from './explaining.ts'
import { iso, time } from './measures.ts'

const ownMeasure = z.object({
  what: z.enum(rungs),
  means: z.string(),
  why: z.string(),
  by: z.enum(['the server itself', 'a person']),
  since: time,
  until: time.nullable().describe('When it ends by itself; null means never.'),
  in_force: z.boolean(),
  ended: z.object({ at: time, why: z.string() }).nullable(),
})

const ownAppeal = z.object({
  id: z.string(),
  lodged_at: time,
  statement: z.string().nullable(),
  decided: z
    .object({ outcome: z.enum(['upheld', 'reversed']), means: z.string(), at: time, why: z.string() })
    .nullable()
    .describe('Null while it waits.'),
})

const ownCase = z.object({
  object: z.literal('safety.case'),
  id: z.string(),
  concerns: z.string(),
  state: z.enum(['open', 'closed']),
  opened_at: time,
  measures: z.array(ownMeasure).describe('The newest first.'),
  strikes: z
    .array(z.object({ at: time, hazard: z.string().nullable(), request: z.string().nullable() }))
    .describe('What it rests on, by the ids of the requests.'),
  appeals: z
    .array(ownAppeal)
    .describe('What was said against it, the oldest first, and what was decided on it.'),
  appeal: z
    .object({
      address: z.string(),
      how: z.string(),
    })
    .nullable()
    .describe('Null where nothing can be appealed now: nothing is in force, or an appeal waits.'),
})

const lodged = z.object({
  object: z.literal('safety.appeal'),
  id: z.string(),
  case: z.string(),
  lodged_at: time,
})

const outcomeWords = {
  upheld: 'What was decided stays.',
  reversed: 'What was decided is undone: nothing of it is in force, and its strikes count no more.',
} as const

/** How an appeal is lodged, in words. */
const howToAppeal =
  'POST {"statement": "…"} with the same key. Somebody other than whoever decided this will read it.'

/** The routes by which people read their own cases and answer them. */
export function safetyRoutes(standing: Standing, access: Pick<Access, 'admit'>): Route[] {
  const whose = whoseBy(access)
  const refusals = { 404: { description: 'No case that concerns you.', schema: errorBody } }
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/safety/cases',
      summary: 'List the cases that concern whoever asks; also for those who are kept out',
      needs: 'self',
      evenBarred: true,
      answers: {
        200: { description: 'The newest first.', schema: z.object({ cases: z.array(caseView) }) },
      },
      async handle({ exchange }) {
        const { principal } = await whose(exchange.credentials)
        return { cases: (await standing.casesOf(principal)).map((found) => caseViewOf(standing, found)) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/safety/cases/:id',
      summary: 'Say what was decided, why, until when and how to appeal; also for those who are kept out',
      needs: 'self',
      evenBarred: true,
      answers: { 200: { description: 'The case.', schema: ownCase }, ...refusals },
      async handle({ exchange, names: { id = '' } }): Promise<z.infer<typeof ownCase>> {
        const { principal } = await whose(exchange.credentials)
        return ownCaseOf(await standing.caseFile(id as CaseId, principal), exchange.startedAt)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/safety/cases/:id/appeal',
      summary: 'Appeal; also for those who are kept out',
      needs: 'self',
      evenBarred: true,
      body: z.strictObject({
        statement: z.string().min(1).max(4000).describe('Why this should be decided otherwise.'),
      }),
      answers: {
        200: { description: 'Lodged. Somebody other than whoever decided will read it.', schema: lodged },
        409: { description: 'An appeal waits already, or nothing is in force.', schema: errorBody },
        ...refusals,
      },
      async handle({ exchange, body, names: { id = '' } }): Promise<z.infer<typeof lodged>> {
        const { principal } = await whose(exchange.credentials)
        const review = await standing.appeal(id as CaseId, principal, body.statement)
        return { object: 'safety.appeal', id: review.id, case: id, lodged_at: iso(review.createdAt) }
      },
    }),
  ]
}

function ownCaseOf(file: CaseFile, now: number): z.infer<typeof ownCase> {
  const { case: found, steps, measures, appeals } = file
  const canAppeal =
    measures.some((measure) => inForce(measure, now)) && appeals.every(({ decided }) => decided !== null)
  return {
    object: 'safety.case',
    id: found.id,
    concerns: targetText(found.target),
    state: found.state,
    opened_at: iso(found.openedAt),
    measures: measures.map((measure) => ownMeasureOf(measure, now)),
    strikes: steps
      .filter(({ kind }) => kind === 'evidence')
      .map(({ at, detail }) => ({
        at: iso(at),
        hazard: textOf(detail['hazard']),
        request: textOf(detail['request']),
      })),
    appeals: appeals.map(ownAppealOf),
    appeal: canAppeal ? { address: appealAddress(found.id), how: howToAppeal } : null,
  }
}

/** Never who decided it. */
function ownAppealOf({ id, createdAt, statement, decided }: Review): z.infer<typeof ownAppeal> {
  if (decided === null) return { id, lodged_at: iso(createdAt), statement, decided }
  const outcome = decided.outcome === 'reversed' ? 'reversed' : 'upheld'
  const at = iso(decided.at)
  return {
    id,
    lodged_at: iso(createdAt),
    statement,
    decided: { outcome, means: outcomeWords[outcome], at, why: decided.reason },
  }
}

/** Never who took it: whoever decides must not have to fear for it. */
function ownMeasureOf(measure: Measure, now: number): z.infer<typeof ownMeasure> {
  const { rung, reason, by, createdAt, until, lifted } = measure
  return {
    what: rung,
    means: rungWords[rung],
    why: reason,
    by: by === 'ladder' ? 'the server itself' : 'a person',
    since: iso(createdAt),
    until: until === null ? null : iso(until),
    in_force: inForce(measure, now),
    ended: lifted === null ? null : { at: iso(lifted.at), why: lifted.reason },
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
