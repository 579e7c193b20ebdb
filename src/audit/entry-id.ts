import { randomFillSync } from 'node:crypto'
import type { EntryId } from '../core/ids.ts'

const randomLength = 15
const ids = 256
/** Drawn for many ids at once. */
const pool = Buffer.alloc(randomLength * ids)
let used = ids

/** `ent_`, the time in nine digits of base 36, and 100 random bits: later ones sort later, which keeps their index small. */
export function newEntryId(now: number): EntryId {
  const time = Math.max(now, 0).toString(36).padStart(9, '0')
  if (used === ids) {
    randomFillSync(pool)
    used = 0
  }
  const begin = randomLength * used++
  const random = pool.toString('base64url', begin, begin + randomLength).replaceAll(/[-_]/g, '0')
  return `ent_${time}${random}` as EntryId
}
