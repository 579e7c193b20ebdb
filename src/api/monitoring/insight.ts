import { z } from 'zod'
import { defineOperation } from './operation.ts'
import { afterCampaign, afterHazard, afterTopic, wayOn } from './ways-on.ts'

const count = z.int()
const time = z.string()

const output = z.object({
  since: time,
  until: time,
  k: count.describe('Nothing is told that fewer people share.'),
  questions: count,
  clusters: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['campaign', 'topic']),
      people: count,
      questions: count,
      blocked: count,
      attacks: count,
      hazards: z.record(z.string(), count),
      first: time,
      last: time,
      trend: z.number().nullable().describe('The later half of the time, in relation to the earlier one.'),
      next: z.array(wayOn).describe('What can be done about it.'),
      entries: z.array(z.string()).describe('Entries of the log; of campaigns only.'),
    }),
  ),
  hazards: z.array(
    z.object({
      hazard: z.string(),
      people: count,
      questions: count,
      blocked: count,
      before: count.describe('In as long a time before.'),
      sudden: z.boolean(),
      next: z.array(wayOn).describe('What can be done about one that is sudden.'),
    }),
  ),
})
export type InsightView = z.output<typeof output>

/** A query's values are text. */
const whole = (least: number, most: number) =>
  z
    .union([
      z.int(),
      z
        .string()
        .regex(/^\d{1,6}$/)
        .transform(Number),
    ])
    .pipe(z.int().min(least).max(most))

export const lookInsight = defineOperation({
  name: 'insight',
  summary: 'Say what many people ask alike, and what rises, without reading anybody',
  method: 'GET',
  path: '/v1/admin/insight',
  needs: 'server.read',
  input: z.strictObject({
    hours: whole(1, 100_000).default(168).describe('How far back, in hours.'),
    k: whole(2, 100_000).default(5).describe('Fewest people; never less than `insight.least_people`.'),
  }),
  output,
  async run({ insight, now }, { hours, k }) {
    const { since, until, clusters, ...found } = await insight.look(now() - hours * 3_600_000, k)
    return {
      ...found,
      since: iso(since),
      until: iso(until),
      hazards: found.hazards.map((hazard) => Object.assign({}, hazard, { next: afterHazard(hazard, hours) })),
      clusters: clusters.map((cluster) =>
        Object.assign({}, cluster, {
          first: iso(cluster.first),
          last: iso(cluster.last),
          hazards: { ...cluster.hazards },
          entries: [...cluster.entries],
          next: cluster.kind === 'campaign' ? afterCampaign(cluster, hours) : afterTopic(cluster, hours),
        }),
      ),
    }
  },
})

function iso(at: number): string {
  return new Date(at).toISOString()
}
