/** Access on a real store in a home of this test only, with a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Access } from '../../src/access/access.ts'
import { createAccess, type AccessParts } from '../../src/access/create-access.ts'
import type { Clock } from '../../src/core/clock.ts'
import { openStorage, type Storage } from '../../src/storage/storage.ts'
import { prepareDatabase } from './prepared-home.ts'

export interface Place {
  readonly home: string
  readonly storage: Storage
  readonly access: Access
  /** Moves the clock. */
  readonly pass: (milliseconds: number) => void
}

export function freshHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'elpis-access-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

export async function place(home = freshHome(), parts: Pick<AccessParts, 'models'> = {}): Promise<Place> {
  let now = 1_800_000_000_000
  const clock: Clock = { now: () => now }
  prepareDatabase(home)
  const storage = await openStorage({ home })
  const access = await createAccess({ store: storage, clock, ...parts })
  onTestFinished(async () => {
    await access.close()
    await storage.close()
  })
  return { home, storage, access, pass: (milliseconds) => void (now += milliseconds) }
}

export const byKey = (bearer: string) => ({ bearer, cookie: null })
export const byCookie = (cookie: string) => ({ bearer: null, cookie })
