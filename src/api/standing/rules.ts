/** Rules over behaviour: what is switched on, and what others would have done. */
import { z } from 'zod'
import { rungs } from '../../standing/measure.ts'
import { readRules, type RuleSet } from '../../standing/rules/rule-set.ts'
import { iso, time } from './measures.ts'
import { defineOperation } from './operation.ts'

const ruleView = z.object({
  name: z.string(),
  summary: z.string(),
  signal: z.string(),
  within_hours: z.number(),
  at_least: z.number(),
  action: z.string(),
})
const setView = z.object({
  name: z.string(),
  version: z.string().describe('`name@` and a digest of all that it says.'),
  summary: z.string(),
  rules: z.array(ruleView),
})

export type RuleSetView = z.output<typeof setView>

function viewOf({ name, version, summary, rules }: RuleSet): RuleSetView {
  return {
    name,
    version,
    summary,
    rules: rules.map((rule) => ({
      name: rule.name,
      summary: rule.summary,
      signal: rule.signal.kind,
      within_hours: rule.within / 3_600_000,
      at_least: rule.at_least,
      action: rule.action.do === 'review' ? `review (${rule.action.propose})` : rule.action.do,
    })),
  }
}

const rulesField = z.string().min(1).max(200_000).describe('The rules as TOML.')

export const listRules = defineOperation({
  name: 'rules.list',
  summary: 'List the rules over behaviour that are switched on',
  method: 'GET',
  path: '/v1/admin/rules',
  needs: 'standing.read',
  input: z.strictObject({}),
  output: z.object({ sets: z.array(setView) }),
  run: async ({ rules }) => ({ sets: rules.map(viewOf) }),
})

export const checkRules = defineOperation({
  name: 'rules.check',
  summary: 'Say whether rules are valid, and what they say with every default filled in',
  method: 'POST',
  path: '/v1/admin/rules/check',
  needs: 'standing.read',
  input: z.strictObject({ rules: rulesField }),
  output: setView,
  run: async (_standing, { rules }) => viewOf(readRules(rules, 'given')),
})

const rungOrNone = z.enum(['none', ...rungs])
const dryRunView = z.object({
  rules: z.string(),
  since: time,
  until: time,
  looked: z
    .object({ events: z.int(), hours_of_use: z.int(), sightings: z.int() })
    .describe('How much of what is kept was looked at.'),
  complete: z.boolean().describe('Whether that was all that is kept of this time.'),
  people: z.int().describe('Everybody whom any of the rules would have hit.'),
  by_rule: z.array(
    z.object({
      rule: z.string(),
      action: z.string(),
      people: z.int(),
      hits: z
        .array(
          z.object({
            target: z.string(),
            times: z.int(),
            first_at: time,
            last_at: time,
            most: z.number().describe('Most that was counted in one window.'),
          }),
        )
        .describe('Who, at most 1,000; most counted first.'),
    }),
  ),
  peaks: z
    .array(
      z.object({
        target: z.string(),
        was: z.number().describe('Their highest score in this time, as it was.'),
        would: z.number().describe('And with the strikes of these rules.'),
        rung_was: rungOrNone,
        rung_would: rungOrNone,
      }),
    )
    .describe('Of those who would have been hit, at most 1,000; the highest first.'),
  distribution: z
    .array(z.object({ rung: rungOrNone, from: z.number(), was: z.int(), would: z.int() }))
    .describe('How many of all of them had their highest score on each rung, and would have had.'),
})

export type RulesDryRunView = z.output<typeof dryRunView>

export const dryRunRules = defineOperation({
  name: 'rules.dry-run',
  summary: 'Say whom rules would have hit, and what that would have done to scores; nothing is changed',
  method: 'POST',
  path: '/v1/admin/rules/dry-run',
  needs: 'standing.read',
  input: z.strictObject({
    rules: rulesField,
    since: time.describe('ISO 8601: how far back.'),
  }),
  output: dryRunView,
  async run(standing, { rules, since }) {
    const run = await standing.dryRunRules(rules, Date.parse(since))
    return {
      rules: run.rules,
      since: iso(run.since),
      until: iso(run.until),
      looked: {
        events: run.looked.events,
        hours_of_use: run.looked.hoursOfUse,
        sightings: run.looked.sightings,
      },
      complete: run.complete,
      people: run.people,
      by_rule: run.byRule.map(({ hits, ...rule }) => ({
        ...rule,
        hits: hits.map(({ firstAt, lastAt, ...hit }) => ({
          ...hit,
          first_at: iso(firstAt),
          last_at: iso(lastAt),
        })),
      })),
      peaks: run.peaks.map(({ target, was, would, rungWas, rungWould }) => ({
        target,
        was: rounded(was),
        would: rounded(would),
        rung_was: rungWas ?? ('none' as const),
        rung_would: rungWould ?? ('none' as const),
      })),
      distribution: [...run.distribution],
    }
  },
})

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
