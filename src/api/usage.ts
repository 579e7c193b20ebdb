import { z } from 'zod'
import { permits } from '../access/permissions.ts'
import { homeOrganisation, type Principal } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { askUsage, intervals, usageCsv } from '../usage/question.ts'
import type { Measures } from '../usage/record.ts'
import { dimensions, type Dimension, type Filter, type UsageStore } from '../usage/store.ts'
import { errorBody } from './error-body.ts'
import { defineRoute, type Route } from './route.ts'
import type { Whose } from './whose.ts'

const moment = z
  .string()
  .max(40)
  .transform((text, context) => {
    const time = /^\d{1,13}$/.test(text) ? Number(text) * 1000 : Date.parse(text)
    if (Number.isFinite(time)) return time
    context.addIssue({ code: 'custom', message: 'must be an ISO 8601 time or seconds since 1970' })
    return z.NEVER
  })

const name = z.string().min(1).max(200)

const query = z.strictObject({
  since: moment.optional().describe('ISO 8601, or seconds since 1970. 30 days ago when left out.'),
  until: moment.optional().describe('As `since`; now when left out.'),
  interval: z.enum(intervals).optional().describe('One row each; one for all of the time when left out.'),
  group_by: z
    .string()
    .max(100)
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(dimensions)).max(dimensions.length))
    .optional()
    .describe(`Separated by commas: ${dimensions.join(', ')}.`),
  organisation: name.optional(),
  key: name.optional().describe('Of this key only, by its id.'),
  person: name.optional(),
  end_user: name.optional(),
  model: name.optional(),
  adapter: name.optional(),
  format: z.enum(['json', 'csv']).default('json'),
})

const count = z.int()
const sums = z.object({
  requests: count,
  failed: count.describe('Of the requests, those that did not finish.'),
  blocked: count.describe('Of the requests, those that the guard refused.'),
  input_tokens: count,
  cached_tokens: count.describe('Of the input, what was in the cache.'),
  output_tokens: count,
  reasoning_tokens: count.describe('Of the output, what was thought.'),
  mean_first_token_ms: z.number().nullable().describe('Null when no token came.'),
  mean_duration_ms: z.number().nullable(),
  energy_wh: z.number().nullable().describe('Watt-hours, estimated; null when `usage.watts` is not set.'),
  cost: z.number().describe('In `currency`, to a billionth.'),
  cost_nano: count.describe('The same in billionths, exact.'),
})
const usageList = z.object({
  object: z.literal('usage'),
  since: z.string(),
  until: z.string(),
  interval: z.enum(intervals).nullable(),
  currency: z.string(),
  data: z.array(
    sums.extend({
      start: z.string().nullable().describe('ISO 8601; null without an interval.'),
      organisation: z.string().nullish(),
      person: z.string().nullish(),
      key: z.string().nullish(),
      end_user: z.string().nullish(),
      model: z.string().nullish(),
      adapter: z.string().nullish(),
    }),
  ),
  total: sums.describe('The sum of `data`.'),
})

export interface UsageRouteParts {
  readonly store: Pick<UsageStore, 'ask'>
  readonly whose: Whose
  readonly currency: string
  /** Whether watts are set. */
  readonly energy: boolean
  readonly now: () => number
}

const monthMilliseconds = 30 * 86_400_000

/** What was used: one's own, or for those who run it, all of the organisation. */
export function usageRoute({ store, whose, currency, energy, now }: UsageRouteParts): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/usage',
    summary: 'Add up what was used',
    needs: 'self',
    query,
    answers: {
      200: { description: 'Usage by time and group.', schema: usageList },
      400: { description: 'The query is wrong.', schema: errorBody },
      401: { description: 'No valid key.', schema: errorBody },
    },
    async handle({ exchange, query: asked, reply }) {
      const { principal } = await whose(exchange.credentials)
      const {
        since = now() - monthMilliseconds,
        until = now() + 1,
        interval = null,
        group_by: groupBy = [],
      } = asked
      if (since >= until) throw elpisError('invalid_request', { problem: '`since` must be before `until`.' })
      const { organisation, key, person, end_user, model, adapter } = asked
      const visible = visibleTo(principal)
      const filter = given({ organisation, key, person, end_user, model, adapter })
      const where = narrowed({ ...visible, ...filter }, visible)
      const answer = await askUsage(store, { since, until, where, groupBy, interval })
      if (asked.format === 'csv') {
        return await reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="usage.csv"')
          .send(usageCsv(answer, groupBy, interval !== null))
      }
      return {
        object: 'usage',
        since: new Date(since).toISOString(),
        until: new Date(until).toISOString(),
        interval,
        currency,
        data: answer.rows.map((row) => ({
          start: row.start === null ? null : new Date(row.start).toISOString(),
          ...row.group,
          ...sumsOf(row, energy),
        })),
        total: sumsOf(answer.total, energy),
      } satisfies z.infer<typeof usageList>
    },
  })
}

/**
 * Who may read usage sees all of their organisation, in that of the home all there is; everybody else sees what is their
 * own.
 */
function visibleTo({ role, organisationId, personId, keyId }: Principal): Filter {
  const organisation = organisationId
  if (permits(role, 'usage.read')) return organisation === homeOrganisation ? {} : { organisation }
  return personId === null ? { organisation, key: keyId } : { organisation, person: personId }
}

/** A filter may narrow what one sees, never widen it. */
function narrowed(where: Filter, visible: Filter): Filter {
  for (const [dimension, own] of Object.entries(visible)) {
    const wanted = where[dimension as Dimension]
    if (wanted !== own)
      throw elpisError('invalid_request', { problem: `This ${dimension} is not yours to see.` })
  }
  return where
}

function given(filter: Readonly<Partial<Record<Dimension, string | undefined>>>): Filter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

/** Sums as people read them, means instead of sums where those say nothing. */
export function sumsOf(sum: Measures, energy: boolean): z.infer<typeof sums> {
  return {
    requests: sum.requests,
    failed: sum.failed,
    blocked: sum.blocked,
    input_tokens: sum.inputTokens,
    cached_tokens: sum.cachedTokens,
    output_tokens: sum.outputTokens,
    reasoning_tokens: sum.reasoningTokens,
    mean_first_token_ms: mean(sum.firstTokenMs, sum.firstTokens),
    mean_duration_ms: mean(sum.durationMs, sum.requests),
    energy_wh: energy ? sum.energyMj / 3_600_000 : null,
    cost: sum.costNano / 1e9,
    cost_nano: sum.costNano,
  }
}

function mean(sum: number, number: number): number | null {
  return number === 0 ? null : Math.round(sum / number)
}
