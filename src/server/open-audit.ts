import { openAudit, type Audit } from '../audit/audit.ts'
import { openHomeKeys } from '../audit/home-keys.ts'
import type { AuditParts } from '../audit/audit.ts'
import { parseWitness } from '../audit/witnesses.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import type { ServedModel } from '../core/engine.ts'
import { asElpisError } from '../errors.ts'
import type { Log } from '../log.ts'

interface AuditSurroundings {
  readonly stores: AuditParts['stores']
  readonly models: () => readonly ServedModel[]
  readonly policy: () => string
  readonly guard: AuditParts['guard']
  readonly log: Log
}

/** The transparency log of this server. */
export async function openServerAudit(
  { home, storage, audit: { origin, witnesses, content, content_days } }: Config,
  { stores, models, policy, guard, log }: AuditSurroundings,
): Promise<Audit> {
  return await openAudit({
    stores,
    keys: openHomeKeys(home, origin),
    clock: systemClock,
    // One server has a home; a database of its own may be shared.
    alone: storage.url === '',
    policy,
    guard,
    digests(name) {
      const served = models().find(({ id }) => id === name)
      if (served === undefined) return { weights: null, adapter: null }
      const place = { build: served.build ?? null, layout: served.layout ?? null }
      if (served.parent === undefined) return { weights: served.digest, adapter: null, ...place }
      const parent = models().find(({ id }) => id === served.parent)
      return { weights: parent?.digest ?? null, adapter: served.digest, ...place }
    },
    witnesses: witnesses.flatMap((text) => parseWitness(text) ?? []),
    content: { keep: content, days: content_days },
    onTrouble: (error) => log('error', 'audit', { code: asElpisError(error).code }),
  })
}
