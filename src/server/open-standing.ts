import { join, resolve } from 'node:path'
import type { Access } from '../access/access.ts'
import type { Config } from '../config.ts'
import type { Audit } from '../audit/audit.ts'
import type { Acts } from '../core/acts.ts'
import { systemClock } from '../core/clock.ts'
import { asElpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import { createStanding } from '../standing/create-standing.ts'
import { openRuleShelf } from '../standing/rules/shelf.ts'
import { policyOf } from '../standing/policy.ts'
import type { Standing } from '../standing/standing.ts'
import type { StandingStore } from '../standing/store.ts'
import type { UsageStore } from '../usage/store.ts'
import type { Source } from '../standing/webhooks/inbound.ts'
import { contentDeeds } from './content-deeds.ts'
import { secretKeys } from './secret-keys.ts'
import { useHistory } from './use-history.ts'

interface Wiring {
  readonly store: StandingStore & { readonly usage: Pick<UsageStore, 'ask'> }
  readonly access: Pick<Access, 'directory' | 'named'>
  /** Whether other systems may tell of people. On the command line nobody does, and its environment need not hold the secrets. */
  readonly told: boolean
  readonly audit: Pick<Audit, 'acts' | 'contents'>
  /** The same acts, watched; the log's own when left out. */
  readonly acts?: Acts
  /** Deletes from the disk what is left of whoever was erased. */
  readonly sweepKept: () => Promise<void>
  readonly log: Log
}

/** Where an operator's rules over behaviour lie. */
function ruleFolder({ home, standing }: Config): string {
  return standing.rules === '' ? join(home, 'rules') : resolve(standing.rules)
}

function sourcesOf(inbound: Config['standing']['inbound']): Map<string, Source> {
  const sources = Object.entries(inbound).map(([name, { secret_env: variable, strikes }]) => {
    const keys = secretKeys(`standing.inbound.${name}.secret_env`, variable)
    return [name, { keys, strikes }] as const
  })
  return new Map(sources)
}

/**
 * Standing as the settings have it.
 *
 * @throws `config_invalid`, `rules_invalid`: nothing starts under rules that it cannot read
 */
export async function openStanding(
  config: Config,
  { store, access, told, audit, acts = audit.acts, sweepKept, log }: Wiring,
): Promise<Standing> {
  // Who is told changes nothing of what is decided, and rules have versions of their own.
  const {
    webhooks: _webhooks,
    webhook_secret_env: _secret,
    rules: _rules,
    inbound,
    ...policy
  } = config.standing
  const rules = openRuleShelf(ruleFolder(config), {
    async onChange({ name, version }, state) {
      const details = { version, when: state === 'gone' ? 'removed' : 'reload' }
      await acts.record({ kind: 'policy-changed', by: 'server', about: `rules ${name}`, details })
      log('info', 'rules changed', { rules: version, state })
    },
    onTrouble: (error) => log('error', 'rules not read', { reason: asElpisError(error).message }),
  })
  return await createStanding({
    store,
    clock: systemClock,
    acts,
    rules,
    use: useHistory(store.usage),
    sources: told ? sourcesOf(inbound) : new Map(),
    policy: policyOf(policy),
    shutdown: {
      restartPeople: config.standing.restart_people,
      twoPeople: config.standing.two_people,
    },
    deeds: contentDeeds(audit.contents, sweepKept),
    named: (kind, which) => access.named(kind, which),
    emailOf: (person) => access.directory.person(person)?.email ?? null,
    domainOf: (person) => access.directory.person(person)?.email?.split('@').at(-1) ?? null,
    onTrouble: (error) => log('error', 'standing', { code: asElpisError(error).code }),
  })
}
