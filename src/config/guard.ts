/** The settings of the guard: which policy holds for whom. */
import { z } from 'zod'

const policyName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is the name of a policy, such as "standard"')
const assigned = z.record(z.string().min(1).max(500), policyName).default({})

export const guardSettings = z
  .strictObject({
    policy: policyName
      .default('open')
      .describe(
        'The policy for all whom no other setting names: open, standard, strict, or one of your own.',
      ),
    policies: z
      .string()
      .default('')
      .describe('Folder of your own policies; empty means $ELPIS_HOME/policies.'),
    organisations: assigned.describe('Organisation = policy, in place of guard.policy.'),
    keys: assigned.describe('Key (its id) = policy, in place of its organisation’s.'),
    models: assigned.describe(
      'Model = policy, besides the one that holds for who asks; the graver of both decides.',
    ),
    restricted: policyName
      .default('strict')
      .describe('The policy that is added for whoever is restricted; the graver decides.'),
    patience_seconds: z
      .number()
      .min(0.05)
      .max(600)
      .default(10)
      .describe('Time that judging one piece may take; then it counts as unavailable.'),
  })
  .prefault({})
