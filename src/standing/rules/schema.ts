/** What may stand in a file of rules over behaviour: one schema for the shelf, the command line and the API. */
import { z } from 'zod'
import { hazards, type Hazard } from '../../core/verdict.ts'
import { rungs } from '../measure.ts'

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const longest = 90 * units.d
/** Use is kept by the hour, and networks by the day on which they were met: what is shorter cannot be told. */
const shortestOfUse = units.h
/** So many events of somebody are looked at, and a threshold beyond them would never be reached. */
export const mostEvents = 1000

const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is lower-case letters, digits and "-"')
const severity = z.number().min(0).max(1)
const hazard = z.enum(['attack', 'other', ...(Object.keys(hazards) as Hazard[])])

const span = z
  .string()
  .regex(/^[1-9]\d{0,4}[mhd]$/, 'is a number of minutes, hours or days such as 30m, 6h or 7d')
  .transform((text) => Number(text.slice(0, -1)) * units[text.at(-1) as keyof typeof units])
  .refine((milliseconds) => milliseconds <= longest, 'is 90 days at most')

/** What of the things that the guard stopped, or another system told, is counted. */
const events = {
  hazards: z.array(hazard).min(1).optional().describe('Only these; all when left out.'),
  severity: severity.default(0).describe('Only what is at least so severe.'),
  direction: z
    .enum(['input', 'output', 'any'])
    .default('input')
    .describe('What was asked, what the model said, or both.'),
  own_words: z
    .boolean()
    .default(true)
    .describe('Only what they wrote themselves and what was blocked; never false where strikes follow.'),
}

const signal = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('guard'), ...events }).describe('How often the guard found something.'),
  z
    .strictObject({ kind: z.literal('outside'), ...events })
    .describe('How often other systems told something.'),
  z.strictObject({ kind: z.literal('retried'), ...events }).describe('How often the same prompt came again.'),
  z
    .strictObject({
      kind: z.literal('probes'),
      ...events,
      bits: z.int().min(1).max(16).default(8).describe('In how many of 64 bits fingerprints may differ.'),
    })
    .describe('How many prompts are nearly the same.'),
  z.strictObject({ kind: z.literal('breadth'), ...events }).describe('How many different hazards.'),
  z
    .strictObject({
      kind: z.literal('volume'),
      times: z
        .number()
        .min(1)
        .max(1000)
        .default(1)
        .describe('And so many times what they usually do in as long; 1 asks for no more than the number.'),
      usual: span.prefault('7d').describe('How far back is looked for what they usually do.'),
    })
    .describe('How many requests.'),
  z.strictObject({ kind: z.literal('keys') }).describe('How many keys of one person were used.'),
  z.strictObject({ kind: z.literal('networks') }).describe('From how many networks one key was used.'),
])

const action = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('strike'),
    severity: severity.refine((value) => value > 0, 'is more than 0'),
    hazard: hazard.default('other').describe('Under which hazard it counts.'),
  }),
  z.strictObject({ do: z.literal('case') }),
  z.strictObject({
    do: z.literal('review'),
    propose: z.enum(rungs).default('warned').describe('What the reviewer is asked to take or to dismiss.'),
  }),
])

const rule = z
  .strictObject({
    name,
    summary: z.string().min(1).max(300).describe('The rule in one sentence.'),
    signal,
    within: span.describe('The time that is looked at together, such as 30m, 6h or 7d.'),
    at_least: z.number().min(1).max(1_000_000_000),
    action,
  })
  .refine(({ signal: { kind }, action: { do: what } }) => what !== 'strike' || !ofUse(kind), {
    path: ['action', 'do'],
    error: 'is case or review: strikes are only for what somebody wrote, and this is about how they use it',
  })
  .refine(
    ({ signal: from, action: { do: what } }) =>
      what !== 'strike' || !('own_words' in from) || (from.own_words && from.direction === 'input'),
    {
      path: ['signal'],
      error:
        'has own_words = true and direction = "input" where strikes follow: nobody answers for other words',
    },
  )
  .refine(({ signal: { kind }, within }) => !ofUse(kind) || within >= shortestOfUse, {
    path: ['within'],
    error: 'is 1h or more for volume, keys and networks',
  })
  .refine(({ signal: { kind }, at_least: least }) => ofUse(kind) || least <= mostEvents, {
    path: ['at_least'],
    error: `is ${mostEvents} at most here`,
  })

export const ruleSetSchema = z
  .strictObject({
    name,
    summary: z.string().min(1).max(300),
    rules: z.array(rule).min(1).max(100),
  })
  .refine(({ rules }) => new Set(rules.map((one) => one.name)).size === rules.length, {
    path: ['rules'],
    error: 'have different names',
  })

export type RuleSetText = z.output<typeof ruleSetSchema>
export type RuleText = RuleSetText['rules'][number]
export type SignalOf<Kind extends RuleText['signal']['kind']> = Extract<RuleText['signal'], { kind: Kind }>

/** Whether a kind of signal is about how often and from where, not about what was written. */
export function ofUse(kind: string): boolean {
  return kind === 'volume' || kind === 'keys' || kind === 'networks'
}
