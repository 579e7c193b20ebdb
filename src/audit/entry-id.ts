import type { EntryId } from '../core/ids.ts'
import { RandomLetters } from '../core/random-letters.ts'

const random = new RandomLetters(15, '0')

/** `ent_`, the time in nine digits of base 36, and 100 random bits: later ones sort later, which keeps their index small. */
export function newEntryId(now: number): EntryId {
  const time = Math.max(now, 0).toString(36).padStart(9, '0')
  return `ent_${time}${random.next()}` as EntryId
}
