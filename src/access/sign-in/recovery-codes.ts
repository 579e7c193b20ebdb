import { randomInt } from 'node:crypto'
import type { Sha256 } from '../../core/ids.ts'
import { hashOf } from '../secrets.ts'

/** Without letters that are mistaken for digits. */
const alphabet = '23456789abcdefghjkmnpqrstuvwxyz'
const count = 10

/** Ways in for somebody whose authenticator is lost: each works once. 79 bits: nothing to guess, so a bare hash is kept. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: count }, () =>
    Array.from({ length: 4 }, () =>
      Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join(''),
    ).join('-'),
  )
}

/** The hash under which a code is kept; null when `text` cannot be one. Spaces, dashes and capitals do not matter. */
export function recoveryHash(text: string): Sha256 | null {
  const letters = text.toLowerCase().replaceAll(/[\s-]/g, '')
  return /^[2-9a-z]{16}$/.test(letters) ? hashOf(`recovery:${letters}`) : null
}
