import { createAccess } from '../access/create-access.ts'
import type { Audit } from '../audit/audit.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { sweepFiles } from '../kept/kept.ts'
import { openStanding } from '../server/open-standing.ts'
import type { Standing } from '../standing/standing.ts'
import { withAudit } from './audit/with-audit.ts'

/** Standing and the log of this home, for what is done while no server runs: it is in the log all the same. */
export async function inOwnProcess<Result>(
  config: Config,
  work: (own: { standing: Standing; audit: Audit }) => Promise<Result>,
): Promise<Result> {
  return await withAudit(config, async (audit, store) => {
    const access = await createAccess({ store, clock: systemClock })
    try {
      const sweepKept = () => sweepFiles(config.home, store)
      const wiring = { store, access, told: false, audit, sweepKept, log: () => {} }
      const standing = await openStanding(config, wiring)
      try {
        return await work({ standing, audit })
      } finally {
        await standing.close()
      }
    } finally {
      await access.close()
    }
  })
}
