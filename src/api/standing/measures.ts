/** Bans, and the other steps of the ladder that a person takes. */
import { z } from 'zod'
import { rungs, type Measure } from '../../standing/measure.ts'
import type { Standing } from '../../standing/standing.ts'
import { targetText } from '../../standing/target.ts'
import { defineOperation, mustBe, mustNotBeOwn } from './operation.ts'

export const time = z.iso.datetime().describe('ISO 8601, in universal time.')
const days = 24 * 60 * 60 * 1000

export const targetField = z
  .string()
  .min(1)
  .max(400)
  .describe(
    'key:ID, person:ID, org:ID (a name or e-mail address does for the id), user:HASH, net:CIDR or domain:NAME.',
  )
export const reasonField = z
  .string()
  .max(2000)
  .describe('One line, up to 500 characters; whoever it concerns reads it.')
const secondsField = z
  .number()
  .positive()
  .max(3650 * 24 * 60 * 60)
  .nullish()
  .describe('Seconds that it lasts; null or left out means for good.')

export const nameField = z
  .string()
  .nullable()
  .describe('What the key, person or organisation is called; null where nobody of that id is here.')

export const measureView = z.object({
  id: z.string(),
  target: z.string(),
  name: nameField,
  rung: z.enum(rungs),
  reason: z.string(),
  by: z.string(),
  case: z.string(),
  created_at: time,
  until: time.nullable(),
  lifted: z.object({ at: time, by: z.string(), reason: z.string() }).nullable(),
})
export const measureList = z.object({ measures: z.array(measureView) })

export type MeasureView = z.output<typeof measureView>

/** A time (milliseconds since 1970) as ISO 8601. */
export function iso(at: number): string {
  return new Date(at).toISOString()
}

/** A measure as the API shows it, with the name of its target; times as ISO 8601. */
export function viewOf(standing: Pick<Standing, 'nameOf'>, measure: Measure): MeasureView {
  const { id, target, rung, reason, by, caseId, createdAt, until, lifted } = measure
  return {
    id,
    target: targetText(target),
    name: standing.nameOf(target),
    rung,
    reason,
    by,
    case: caseId,
    created_at: iso(createdAt),
    until: until === null ? null : iso(until),
    lifted: lifted === null ? null : { ...lifted, at: iso(lifted.at) },
  }
}

export const addBan = defineOperation({
  name: 'bans.add',
  summary: 'Bar somebody, at once',
  method: 'POST',
  path: '/v1/admin/bans',
  needs: 'standing.act',
  input: z.strictObject({ target: targetField, reason: reasonField, seconds: secondsField }),
  output: measureView,
  async run(standing, { target, reason, seconds }, by) {
    // Reviewers suspend; to bar somebody for good takes those who manage.
    mustBe(by, ['owner', 'admin'])
    const lasts = seconds == null ? null : seconds * 1000
    const given = { target: standing.target(target), rung: 'banned', reason, lasts } as const
    return viewOf(standing, await standing.act(given, by.id))
  },
})

export const listBans = defineOperation({
  name: 'bans.list',
  summary: 'List bans, the newest first',
  method: 'GET',
  path: '/v1/admin/bans',
  needs: 'standing.read',
  input: z.strictObject({
    past: z.union([z.boolean(), z.stringbool()]).optional().describe('Those that are over as well.'),
  }),
  output: measureList,
  async run(standing, { past }) {
    const found = await standing.measures({ rung: 'banned', past: past ?? false })
    return { measures: found.map((measure) => viewOf(standing, measure)) }
  },
})

export const liftBan = defineOperation({
  name: 'bans.lift',
  summary: 'End a ban before its time',
  method: 'POST',
  path: '/v1/admin/bans/lift',
  needs: 'standing.act',
  input: z.strictObject({ target: targetField, reason: reasonField }),
  output: measureList,
  async run(standing, { target, reason }, by) {
    mustBe(by, ['owner', 'admin'])
    const whom = standing.target(target)
    mustNotBeOwn(standing, by, whom)
    const lifted = await standing.lift({ target: whom, rung: 'banned', reason }, by.id)
    return { measures: lifted.map((measure) => viewOf(standing, measure)) }
  },
})

/** How long steps last when nobody says. */
export const usualDays = { warned: 30, restricted: 7, suspended: 7 } as const

export const takeStep = defineOperation({
  name: 'standing.step',
  summary: 'Warn, restrict or suspend somebody',
  method: 'POST',
  path: '/v1/admin/standing',
  needs: 'standing.act',
  input: z.strictObject({
    target: targetField,
    rung: z.enum(['warned', 'restricted', 'suspended']),
    reason: reasonField,
    seconds: secondsField.describe('Seconds that it lasts; left out, 30 days for a warning, 7 otherwise.'),
  }),
  output: measureView,
  async run(standing, { target, rung, reason, seconds }, by) {
    mustBe(by, ['owner', 'admin', 'reviewer'])
    const lasts = seconds == null ? usualDays[rung] * days : seconds * 1000
    const given = { target: standing.target(target), rung, reason, lasts }
    return viewOf(standing, await standing.act(given, by.id))
  },
})

export const liftAll = defineOperation({
  name: 'standing.lift',
  summary: 'End every measure against somebody',
  method: 'POST',
  path: '/v1/admin/standing/lift',
  needs: 'standing.act',
  input: z.strictObject({ target: targetField, reason: reasonField }),
  output: measureList,
  async run(standing, { target, reason }, by) {
    mustBe(by, ['owner', 'admin'])
    const whom = standing.target(target)
    mustNotBeOwn(standing, by, whom)
    const lifted = await standing.lift({ target: whom, rung: null, reason }, by.id)
    return { measures: lifted.map((measure) => viewOf(standing, measure)) }
  },
})
