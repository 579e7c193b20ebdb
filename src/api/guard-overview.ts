import { z } from 'zod'
import { homeOrganisation } from '../core/principal.ts'
import { hazards, type Hazard } from '../core/verdict.ts'
import type { GuardOverview } from '../guard/verdicts/overview.ts'
import { defineRoute, type Route } from './route.ts'
import type { Whose } from './whose.ts'

const found = z.object({
  day: z.iso.date(),
  direction: z.enum(['input', 'output']),
  outcome: z.enum(['allow', 'block', 'unavailable']),
  action: z.enum(['allow', 'flag', 'review', 'redact', 'block']),
  hazards: z.array(z.object({ code: z.string(), name: z.string() })),
  layer: z.string(),
  count: z.int(),
})

const output = z.object({
  policies: z.array(z.object({ name: z.string(), version: z.string(), summary: z.string() })),
  verdicts: z.array(found).describe('How many were alike on a day (UTC), the oldest day first.'),
})

/** What the guard goes by and finds, in numbers. */
export function guardOverviewRoute({ overview, whose }: { overview: GuardOverview; whose: Whose }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/admin/guard',
    summary: 'Policies in force, and how many verdicts there were by day, hazard and layer',
    needs: 'policies.read',
    query: z.object({
      days: z
        .string()
        .regex(/^([1-9]|[12]\d|30)$/, 'must be 1 to 30')
        .transform(Number)
        .default(30),
    }),
    answers: { 200: { description: 'Of all, for people of the home; else of one’s own.', schema: output } },
    async handle({ exchange, query }): Promise<z.output<typeof output>> {
      const { principal } = await whose(exchange.credentials)
      const all = principal.organisationId === homeOrganisation
      const { policies, verdicts } = await overview(query.days, all ? null : principal.organisationId)
      return {
        policies: [...policies],
        verdicts: verdicts.map(({ day, direction, outcome, action, hazards: codes, layer, count }) => ({
          direction,
          outcome,
          action,
          layer,
          count,
          day: new Date(day * 86_400_000).toISOString().slice(0, 10),
          hazards: codes.map((code) => ({ code, name: nameOf(code) })),
        })),
      }
    },
  })
}

function nameOf(code: Hazard): string {
  return Object.hasOwn(hazards, code) ? hazards[code] : code
}
