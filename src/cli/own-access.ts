import type { Access } from '../access/access.ts'
import { createAccess } from '../access/create-access.ts'
import type { Audit } from '../audit/audit.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { sweepFiles } from '../kept/kept.ts'
import type { Storage } from '../storage/storage.ts'
import { withAudit } from './audit/with-audit.ts'

export interface Own {
  readonly access: Access
  readonly audit: Audit
  readonly storage: Storage
}

/** Keys, people and the log of this home, for what is done while no server runs: it is in the log all the same. */
export async function withAccess<Result>(
  config: Config,
  work: (own: Own) => Promise<Result>,
): Promise<Result> {
  return await withAudit(config, async (audit, storage) => {
    const access = await createAccess({
      store: storage,
      clock: systemClock,
      acts: audit.acts,
      afterRemoval: () => sweepFiles(config.home, storage),
    })
    try {
      return await work({ access, audit, storage })
    } finally {
      await access.close()
    }
  })
}
