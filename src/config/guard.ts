/** The settings of the guard: which policy holds for whom. */
import { z } from 'zod'

const policyName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is the name of a policy, such as "standard"')
const assigned = z.record(z.string().min(1).max(500), policyName).default({})

export const guardSettings = z
  .strictObject({
    policy: policyName
      .default('standard')
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
    model: z
      .string()
      .default('')
      .describe(
        'A guard model for what is unsure or grave: llama-guard-3, llama-guard-4, qwen3-guard, shield-gemma, granite-guardian, wild-guard, gpt-oss-safeguard, nemo-guard or openai-moderation; empty for none.',
      ),
    served: z
      .string()
      .default('')
      .describe(
        'The served model that it is, by its name in models.serve or of an upstream; of openai-moderation, omni-moderation-latest without.',
      ),
    address: z
      .string()
      .default('https://api.openai.com/v1')
      .describe('Where openai-moderation is asked. Passages leave this machine.'),
    key_env: z.string().default('').describe('The variable of the environment that holds its key.'),
    threads: z
      .int()
      .min(0)
      .max(16)
      .default(0)
      .describe(
        'Threads that judge, with one copy of the weights; 0 for one for each processor but one, up to four.',
      ),
    patience_seconds: z
      .number()
      .min(0.05)
      .max(600)
      .default(30)
      .describe('Time that judging one piece may take; then it counts as unavailable.'),
  })
  .prefault({})
