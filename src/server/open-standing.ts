import type { Access } from '../access/access.ts'
import type { Config } from '../config.ts'
import { noActs, type Acts } from '../core/acts.ts'
import { systemClock } from '../core/clock.ts'
import { asElpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import { createStanding } from '../standing/create-standing.ts'
import { policyOf } from '../standing/policy.ts'
import type { Standing } from '../standing/standing.ts'
import type { StandingStore } from '../standing/store.ts'

interface Wiring {
  readonly store: StandingStore
  /** Null on the command line, where nobody is asking. */
  readonly access: Pick<Access, 'directory'> | null
  readonly acts?: Acts
  readonly log: Log
}

/** Standing as the settings have it. */
export async function openStanding(config: Config, { store, access, acts, log }: Wiring): Promise<Standing> {
  // Who is told changes nothing of what is decided, so it is no part of the policy's digest.
  const { webhooks: _webhooks, webhook_secret_env: _secret, ...policy } = config.standing
  return await createStanding({
    store,
    clock: systemClock,
    acts: acts ?? noActs,
    policy: policyOf(policy),
    shutdown: {
      restartPeople: config.standing.restart_people,
      twoPeople: config.standing.two_people,
    },
    domainOf: (person) => access?.directory.person(person)?.email?.split('@').at(-1) ?? null,
    onTrouble: (error) => log('error', 'standing', { code: asElpisError(error).code }),
  })
}
