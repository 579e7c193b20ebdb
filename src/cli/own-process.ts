import type { Audit } from '../audit/audit.ts'
import type { Config } from '../config.ts'
import { sweepFiles } from '../kept/kept.ts'
import { openStanding } from '../server/open-standing.ts'
import type { Standing } from '../standing/standing.ts'
import { withAccess } from './own-access.ts'

/** Standing and the log of this home, as `withAccess`. */
export async function inOwnProcess<Result>(
  config: Config,
  work: (own: { standing: Standing; audit: Audit }) => Promise<Result>,
): Promise<Result> {
  return await withAccess(config, async ({ access, audit, storage: store }) => {
    const sweepKept = () => sweepFiles(config.home, store)
    const wiring = { store, access, told: false, audit, sweepKept, log: () => {} }
    const standing = await openStanding(config, wiring)
    try {
      return await work({ standing, audit })
    } finally {
      await standing.close()
    }
  })
}
