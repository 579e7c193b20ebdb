import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { tryLock } from '../lock.ts'

const keepMilliseconds = 14 * 24 * 3_600_000

/** Removes begun pulls that nobody went on with for two weeks: they take room that nothing shows. */
export async function prunePartials(store: string, clock: Clock): Promise<void> {
  const partials = join(store, 'partial')
  await mkdir(join(store, 'locks'), { recursive: true })
  for (const key of await readdir(partials).catch(() => [])) {
    const folder = join(partials, key)
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Infinity }))
    if (clock.now() - mtimeMs < keepMilliseconds) continue
    const lock = tryLock(join(store, 'locks', `${key}.lock`))
    if (lock === null) continue
    await rm(folder, { recursive: true, force: true })
    lock.close()
  }
}
