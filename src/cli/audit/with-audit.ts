import type { Audit } from '../../audit/audit.ts'
import type { Config } from '../../config.ts'
import { openServerAudit } from '../../server/open-audit.ts'
import { openStorage, type Storage } from '../../storage/storage.ts'

/** The log of this home, beside a running server or without one: they share the database, and each appends in turn. */
export async function withAudit<Result>(
  config: Config,
  work: (audit: Audit, storage: Storage) => Promise<Result>,
): Promise<Result> {
  const storage = await openStorage(config)
  try {
    const audit = await openServerAudit(config, {
      stores: storage,
      models: () => [],
      policy: () => 'none',
      guard: () => null,
      log: () => {},
    })
    try {
      return await work(audit, storage)
    } finally {
      await audit.close()
    }
  } finally {
    await storage.close()
  }
}
