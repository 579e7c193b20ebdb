/** What may stand in a policy: one schema for files, shipped policies and what the command line checks. */
import { z } from 'zod'
import { hazards, type Hazard } from '../../core/verdict.ts'

const action = z.enum(['allow', 'flag', 'review', 'redact', 'block'])
const askedAction = z.enum(['allow', 'flag', 'review', 'block'], {
  error:
    'is allow, flag, review or block: what was asked is never changed without a word, so it cannot be redacted',
})
const probeAction = z.enum(['allow', 'flag', 'review', 'block'], {
  error: 'is allow, flag, review or block: hidden states have no words that could be taken out',
})
const score = z.number().min(0).max(1)

const limit = z.strictObject({
  input: askedAction.default('allow').describe('What is done when it is asked for.'),
  output: action.default('allow').describe('What is done when the model says it.'),
  at: score.optional().describe('From which score on; `thresholds.act` when left out.'),
})

const hazardLimits = z.partialRecord(z.enum(Object.keys(hazards) as [Hazard, ...Hazard[]]), limit)

const common = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9 -]{0,60}$/)
    .describe('How what it finds is called, in lower case.'),
  input: askedAction.default('flag'),
  output: action.default('redact'),
}

const rule = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('keywords'),
    words: z.array(z.string().trim().min(2).max(200)).min(1).max(10_000),
    hazard: z.enum(Object.keys(hazards) as [Hazard, ...Hazard[]]).optional(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('pattern'),
    pattern: z.string().min(1).max(2000).describe('In the syntax of RE2; upper and lower case are one.'),
    literal: z
      .string()
      .min(2)
      .max(200)
      .optional()
      .describe('Text without which it cannot match; makes it fast.'),
    longest: z.int().min(1).max(2000).default(80).describe('Characters that a match has at most.'),
    hazard: z.enum(Object.keys(hazards) as [Hazard, ...Hazard[]]).optional(),
  }),
  z.strictObject({ ...common, kind: z.literal('personal-data') }),
  z.strictObject({ ...common, kind: z.literal('secrets') }),
])

export const policySchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is lower-case letters, digits and "-"'),
  summary: z.string().min(1).max(300).describe('The policy in one sentence.'),
  notice: z
    .string()
    .min(1)
    .max(1000)
    .default(
      'This is against the content policy of this server ({hazards}). If you think that this is a mistake, say so with the reference {reference}.',
    )
    .describe('What whoever asked is told; {hazards} and {reference} are filled in.'),
  unavailable: z.enum(['block', 'allow']).default('block').describe('What is done when nothing can judge.'),
  judge: z.boolean().default(true).describe('Whether texts are scored at all; rules hold either way.'),
  thresholds: z
    .strictObject({
      flag: score.default(0.4).describe('From this score on it is noted.'),
      act: score.default(0.7).describe('From this score on the hazards’ actions are taken.'),
      attack: score.default(0.9).describe('From this score on an attempt to get past the rules is acted on.'),
    })
    .prefault({}),
  cascade: z
    .strictObject({
      clear: score.default(0.01).describe('Up to this score of the screen nothing else is asked.'),
      certain: score.default(1).describe('From this score of the screen on nothing else is asked.'),
      unsure: score
        .default(0.15)
        .describe('So near the threshold the guard model is asked, where there is one.'),
    })
    .prefault({}),
  probe: z
    .strictObject({
      input: probeAction.default('allow').describe('What is done when it finds harm where the prompt ends.'),
      output: probeAction.default('allow').describe('What is done when it finds harm in what is being said.'),
      at: score.default(0.9).describe('From which score on.'),
    })
    .optional()
    .describe('The probe of the served model’s own hidden states, where its weights have one.'),
  attack: limit.prefault({}).describe('An attempt to get past the rules, whatever it is for.'),
  hazards: hazardLimits.default({}),
  rules: z.array(rule).max(500).default([]),
  allow: z
    .array(z.string().trim().min(2).max(200))
    .max(10_000)
    .default([])
    .describe('Words and phrases that no rule of this policy is about.'),
})

/** A policy as it is written, with every default filled in. */
export type PolicyText = z.output<typeof policySchema>
export type Rule = PolicyText['rules'][number]
