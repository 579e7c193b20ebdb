/** Standing over real SQLite with a clock that tests move. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settings } from '../../src/config.ts'
import { noActs } from '../../src/core/acts.ts'
import type { Principal } from '../../src/core/principal.ts'
import { subjectOf } from '../../src/core/principal.ts'
import type { Signal } from '../../src/core/verdict.ts'
import { createStanding, type StandingParts } from '../../src/standing/create-standing.ts'
import { policyOf, type PolicySettings } from '../../src/standing/policy.ts'
import { openStorage, type Storage } from '../../src/storage/storage.ts'
import { prepareDatabase } from './prepared-home.ts'
import { keyPrincipal } from './principals.ts'

export const day = 24 * 60 * 60 * 1000

export async function standingOn(
  changes: Partial<PolicySettings> = {},
  more: Partial<StandingParts> & { storage?: Storage } = {},
) {
  const home = mkdtempSync(join(tmpdir(), 'elpis-standing-'))
  if (more.storage === undefined) prepareDatabase(home)
  const storage = more.storage ?? (await openStorage({ home }))
  const time = { now: Date.parse('2026-06-01T00:00:00Z') }
  const standing = await createStanding({
    store: storage,
    clock: { now: () => time.now },
    acts: noActs,
    policy: policyOf({ ...settings.shape.standing.parse(undefined), ...changes }),
    shutdown: { restartPeople: 1, twoPeople: false },
    domainOf: () => null,
    onTrouble(error) {
      throw error
    },
    ...more,
  })
  return {
    standing,
    storage,
    time,
    signal: (principal: Principal, signal: Partial<Signal> = {}) => {
      standing.signal({
        at: time.now,
        subject: subjectOf(principal),
        source: 'guard',
        direction: 'input',
        hazard: 'S2',
        severity: 1,
        attributable: true,
        requestId: null,
        entryId: null,
        ...signal,
      })
      return standing.settled()
    },
    async [Symbol.asyncDispose]() {
      await standing.close()
      if (more.storage === undefined) await storage.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

export { keyPrincipal }
