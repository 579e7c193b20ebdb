import { openAudit, type Audit, type AuditParts } from '../../src/audit/audit.ts'
import { openHomeKeys } from '../../src/audit/home-keys.ts'
import { systemClock } from '../../src/core/clock.ts'

/** The log of a home, started. What a test does not name is as little as can be: no witness, nothing kept. */
export async function startedAudit(
  stores: AuditParts['stores'],
  home: string,
  parts: Partial<AuditParts> = {},
): Promise<Audit> {
  const audit = await openAudit({
    stores,
    keys: openHomeKeys(home, ''),
    clock: systemClock,
    alone: true,
    policy: () => 'open',
    guard: () => null,
    digests: () => ({ weights: null, adapter: null }),
    witnesses: [],
    content: { keep: 'none', days: 1 },
    onTrouble: () => {},
    ...parts,
  })
  await audit.start()
  return audit
}
