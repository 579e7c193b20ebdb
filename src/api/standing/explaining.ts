/** How somebody stands, and the cases that say why. */
import { z } from 'zod'
import { hazards } from '../../core/verdict.ts'
import type { CaseId } from '../../core/ids.ts'
import { markKinds } from '../../standing/blur.ts'
import type { Case, CaseStep } from '../../standing/case.ts'
import { rungs, type Rung } from '../../standing/measure.ts'
import type { Link } from '../../standing/evasion.ts'
import type { CaseFile, Standing } from '../../standing/standing.ts'
import { nameOf } from '../../standing/ladder.ts'
import { targetText } from '../../standing/target.ts'
import { iso, measureView, nameField, reasonField, targetField, time, viewOf } from './measures.ts'
import { defineOperation } from './operation.ts'

const hazardNames = [...Object.keys(hazards), 'attack', 'other'] as const

const strikeView = z.object({
  event: z.string(),
  at: time,
  source: z.string(),
  hazard: z.string().nullable(),
  means: z.string().describe('The hazard in words.'),
  direction: z.string(),
  severity: z.number(),
  weight: z.number(),
  points: z.number().describe('When it was new: 10 times severity times weight.'),
  counts: z.number().describe('What is left of it now.'),
  request: z.string().nullable(),
  note: z.string().nullable(),
})

export const caseView = z.object({
  id: z.string(),
  target: z.string(),
  name: nameField,
  state: z.enum(['open', 'closed']),
  opened_at: time,
  updated_at: time,
})

export type CaseView = z.output<typeof caseView>

type Naming = Pick<Standing, 'nameOf'>

const linkView = z.object({
  target: z.string(),
  name: nameField,
  shares: z.array(
    z.object({
      kind: z.enum(markKinds),
      shared_by: z.int().describe('How many were met with it: of several, with the rarest.'),
    }),
  ),
  last_at: time,
  rung: z.enum(rungs).nullable().describe('The strictest that is in force against them.'),
})

const links = z
  .array(linkView)
  .describe('Others who were met with the same e-mail address, payment, network, device or prompt.')

export type LinkView = z.output<typeof linkView>

function linkViewOf(standing: Naming, { target, shares, lastAt, rung }: Link): LinkView {
  const shared = shares.map(({ kind, sharedBy }) => ({ kind, shared_by: sharedBy }))
  const name = standing.nameOf(target)
  return { target: targetText(target), name, shares: shared, last_at: iso(lastAt), rung }
}

const explanationView = z.object({
  target: z.string(),
  name: nameField,
  score: z.number(),
  policy: z.string(),
  half_life_days: z.number(),
  thresholds: z.object({
    warned: z.number(),
    restricted: z.number(),
    suspended: z.number(),
    banned: z.number(),
  }),
  strikes: z.array(strikeView),
  measures: z.array(measureView),
  cases: z.array(caseView),
  links,
})

export type ExplanationView = z.output<typeof explanationView>

/** A case as the API shows it, without its evidence; times as ISO 8601. */
export function caseViewOf(standing: Naming, found: Case): CaseView {
  const { id, target, state, openedAt, updatedAt } = found
  const times = { opened_at: iso(openedAt), updated_at: iso(updatedAt) }
  return { id, target: targetText(target), name: standing.nameOf(target), state, ...times }
}

const day = 24 * 60 * 60 * 1000

export const showStanding = defineOperation({
  name: 'standing.show',
  summary: 'Explain how somebody stands: the score, each strike in it, what is in force',
  method: 'GET',
  path: '/v1/admin/standing/:target',
  needs: 'standing.read',
  input: z.strictObject({ target: targetField }),
  output: explanationView,
  async run(standing, { target }) {
    const whom = standing.target(target)
    const { policy, score, strikes, measures, cases } = await standing.explain(whom)
    return {
      target: targetText(whom),
      name: standing.nameOf(whom),
      score: rounded(score),
      policy: policy.name,
      half_life_days: policy.halfLife / day,
      thresholds: policy.thresholds,
      strikes: strikes.map(({ event, weight, points, counts }) => ({
        event: event.id,
        at: iso(event.at),
        source: event.source,
        hazard: event.hazard,
        means: nameOf(event.hazard),
        direction: event.direction,
        severity: event.severity,
        weight,
        points: rounded(points),
        counts: rounded(counts),
        request: event.requestId,
        note: event.note,
      })),
      measures: measures.map((measure) => viewOf(standing, measure)),
      cases: cases.map((found) => caseViewOf(standing, found)),
      links: (await standing.links(whom)).map((link) => linkViewOf(standing, link)),
    }
  },
})

export const giveStrike = defineOperation({
  name: 'standing.strike',
  summary: 'Give somebody a strike, which then has the consequences that the policy says',
  method: 'POST',
  path: '/v1/admin/standing/strike',
  needs: 'standing.act',
  input: z.strictObject({
    target: targetField,
    hazard: z.enum(hazardNames as unknown as ['other', ...string[]]).default('other'),
    severity: z.number().min(0).max(1),
    reason: reasonField,
  }),
  output: explanationView,
  async run(standing, { target, hazard, severity, reason }, by) {
    const note = `${by.id}: ${reason}`.slice(0, 500)
    const strike = { source: 'reviewer', hazard: hazard as 'other', severity, note } as const
    await standing.strike(standing.target(target), strike)
    return await showStanding.run(standing, { target }, by)
  },
})

export const markSomebody = defineOperation({
  name: 'standing.mark',
  summary: 'Say what is known of somebody from elsewhere, such as how they pay; a keyed hash of it is kept',
  method: 'POST',
  path: '/v1/admin/standing/mark',
  needs: 'standing.act',
  input: z.strictObject({
    target: targetField,
    kind: z.enum(['email', 'payment', 'device']).describe('What it is that is known of them.'),
    value: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .describe('The address, reference or device. Only a keyed hash of it is kept.'),
  }),
  output: z.object({ target: z.string(), kind: z.enum(markKinds) }),
  async run(standing, { target, kind, value }) {
    const whom = standing.target(target)
    await standing.mark(whom, kind, value)
    return { target: targetText(whom), kind }
  },
})

const stepView = z.object({
  at: time,
  kind: z.string(),
  by: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})

const caseFileView = caseView.extend({
  steps: z.array(stepView),
  measures: z.array(measureView),
  links,
})

export type CaseFileView = z.output<typeof caseFileView>

async function caseFileViewOf(standing: Standing, id: string): Promise<CaseFileView> {
  const { case: found, steps, measures }: CaseFile = await standing.caseFile(id as CaseId, null)
  return {
    ...caseViewOf(standing, found),
    steps: steps.map(({ at, kind, by, detail }) => ({ at: iso(at), kind, by, detail: detailOf(detail) })),
    measures: measures.map((measure) => viewOf(standing, measure)),
    links: (await standing.links(found.target)).map((link) => linkViewOf(standing, link)),
  }
}

/** Times are kept as numbers, and read as times. */
function detailOf({ until, ...detail }: CaseStep['detail']): z.input<typeof stepView>['detail'] {
  return until === undefined ? detail : { ...detail, until: typeof until === 'number' ? iso(until) : until }
}

export const listCases = defineOperation({
  name: 'cases.list',
  summary: 'List cases, the one that something happened in last comes first',
  method: 'GET',
  path: '/v1/admin/cases',
  needs: 'standing.read',
  input: z.strictObject({
    target: targetField.optional(),
    state: z.enum(['open', 'closed']).optional(),
  }),
  output: z.object({ cases: z.array(caseView) }),
  async run(standing, { target, state }) {
    const cases = await standing.cases({
      ...(target === undefined ? {} : { target: standing.target(target) }),
      ...(state === undefined ? {} : { state }),
    })
    return { cases: cases.map((found) => caseViewOf(standing, found)) }
  },
})

export const showCase = defineOperation({
  name: 'cases.show',
  summary: 'Show a case with its evidence',
  method: 'GET',
  path: '/v1/admin/cases/:case',
  needs: 'standing.read',
  input: z.strictObject({ case: z.string().min(1).max(60) }),
  output: caseFileView,
  run: (standing, { case: id }) => caseFileViewOf(standing, id),
})

export const closeCase = defineOperation({
  name: 'cases.close',
  summary: 'Close a case in which nothing is in force',
  method: 'POST',
  path: '/v1/admin/cases/close',
  needs: 'standing.act',
  input: z.strictObject({
    case: z.string().min(1).max(60).describe('Its id, case_….'),
    reason: reasonField,
  }),
  output: caseFileView,
  async run(standing, { case: id, reason }, by) {
    await standing.closeCase(id as CaseId, reason, by.id)
    return await caseFileViewOf(standing, id)
  },
})

/** What whoever it concerns is shown of the measures of their case. */
export const rungWords: Readonly<Record<Rung, string>> = {
  warned: 'You are warned. Nothing is taken from you.',
  restricted: 'Your requests are judged more strictly, and you have lower limits.',
  suspended: 'You are kept out for a time.',
  banned: 'You are kept out.',
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
