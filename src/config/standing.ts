/** How much is forgiven, and what follows when it is too much. */
import { z } from 'zod'

const points = z.number().min(0.1).max(1_000_000)
const days = z.number().min(0.001).max(3650)
const receiver = z.url({ protocol: /^https?$/ }).refine(
  (text) => {
    const { protocol, hostname, username, password } = new URL(text)
    const here = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)
    return (protocol === 'https:' || here) && username === '' && password === ''
  },
  { error: 'must begin with https://, and hold no password' },
)
const hazard = z.string().regex(/^(S\d{1,2}|[a-z]{2,20})$/, 'is a hazard such as S4, cyber or attack')

export const standing = z
  .strictObject({
    half_life_days: days
      .default(30)
      .describe('Days after which a strike counts half. A strike is 10 points times severity times weight.'),
    warn: points.default(10).describe('Points from which on somebody is warned.'),
    restrict: points
      .default(25)
      .describe('Points from which on somebody gets a stricter guard and lower limits.'),
    suspend: points.default(50).describe('Points from which on somebody is suspended for a time.'),
    ban: points.default(100).describe('Points from which on somebody is barred.'),
    up_to: z
      .enum(['nothing', 'warned', 'restricted', 'suspended', 'banned'])
      .default('suspended')
      .describe('The strictest step that is taken without a person. What is beyond it goes to a reviewer.'),
    warn_days: days.default(30).describe('Days that a warning stands.'),
    restrict_days: days.default(7).describe('Days that a restriction lasts.'),
    suspend_days: days.default(7).describe('Days that a suspension lasts.'),
    good_days: days
      .default(3)
      .describe('Days without a strike after which a restriction that the ladder made ends early.'),
    weights: z
      .record(hazard, z.number().min(0).max(100))
      .default({ S4: 5, S9: 5, S1: 2, cyber: 2, attack: 0.5 })
      .describe('How much hazards count, as a table; 1 for those not named.'),
    grave: z
      .array(hazard)
      .default(['S4', 'S9'])
      .describe('Hazards of which one severe strike is enough to suspend, and which then go to a reviewer.'),
    grave_severity: z.number().min(0).max(1).default(0.8).describe('Severity from which on that holds.'),
    restricted_streams: z
      .int()
      .min(1)
      .max(10_000)
      .default(1)
      .describe('Requests at the same time of somebody who is restricted.'),
    restricted_per_minute: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10)
      .describe('Requests a minute of somebody who is restricted.'),
    second_reviewer: z
      .boolean()
      .default(true)
      .describe(
        'Appeals are decided by somebody other than whoever acted. Only false where one person runs all.',
      ),
    evasion: z
      .enum(['nothing', 'review', 'warned', 'restricted', 'suspended', 'banned'])
      .default('review')
      .describe(
        'What follows when somebody shares an e-mail address, payment, network, device or prompt with somebody who is kept out: a review, or a step without a person. Reviewers see likenesses either way.',
      ),
    evasion_kinds: z
      .int()
      .min(1)
      .max(5)
      .default(2)
      .describe('How many kinds of these it takes: one alone, such as a network, proves little.'),
    keep_days: days.default(365).describe('Days that strikes are kept.'),
    rules: z
      .string()
      .default('')
      .describe(
        'Folder of rules over behaviour (NAME.toml), read again when a file there changes; empty means $ELPIS_HOME/rules.',
      ),
    restart_people: z
      .int()
      .min(1)
      .max(20)
      .default(1)
      .describe('How many different people it takes to lift `elpis shutdown --all`.'),
    two_people: z
      .boolean()
      .default(false)
      .describe(
        '`elpis shutdown --all`, erasing what somebody said and exporting the log or answers are done only once a second person has confirmed it.',
      ),
    inbound: z
      .record(
        z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is a name of lower-case letters, digits and "-"'),
        z.strictObject({
          secret_env: z
            .string()
            .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is the name of a variable of the environment'),
          strikes: z.boolean().default(false),
        }),
      )
      .default({})
      .describe(
        'Systems that may tell of people at /v1/signals/NAME, as tables: `secret_env` is the variable that holds the secret they sign with, as webhook_secret_env has it; `strikes` lets what they say that somebody wrote cost points.',
      ),
    webhooks: z
      .array(receiver)
      .max(10)
      .default([])
      .describe(
        'Addresses that are told of warnings, restrictions, suspensions, bans, their ends and decided appeals, signed as Standard Webhooks has it. Plain http for this machine itself only.',
      ),
    webhook_secret_env: z
      .string()
      .regex(
        /^([A-Za-z_][A-Za-z0-9_]*)?$/,
        'is the name of a variable of the environment, never the secret itself',
      )
      .default('')
      .describe(
        'The variable of the environment that holds the secret they are signed with: `whsec_` and 24 to 64 bytes in base64. Two, with a blank between, while one replaces the other.',
      ),
  })
  .refine(({ webhooks, webhook_secret_env: secret }) => webhooks.length === 0 || secret !== '', {
    error: 'webhooks need webhook_secret_env',
  })
  .refine(({ warn, restrict, suspend, ban }) => warn <= restrict && restrict <= suspend && suspend <= ban, {
    error: 'warn, restrict, suspend and ban must grow',
  })
  .prefault({})
