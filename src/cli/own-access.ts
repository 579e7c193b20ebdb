import type { Access } from '../access/access.ts'
import { createAccess } from '../access/create-access.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { sweepFiles } from '../kept/kept.ts'
import { openStorage, type Storage } from '../storage/storage.ts'

/** Keys and people of this home, by ourselves. */
export async function withAccess<Result>(
  config: Config,
  work: (access: Access, storage: Storage) => Promise<Result>,
): Promise<Result> {
  const storage = await openStorage(config)
  try {
    const access = await createAccess({
      store: storage,
      clock: systemClock,
      afterRemoval: () => sweepFiles(config.home, storage),
    })
    try {
      return await work(access, storage)
    } finally {
      await access.close()
    }
  } finally {
    await storage.close()
  }
}
