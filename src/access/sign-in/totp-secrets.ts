import { hkdfSync } from 'node:crypto'
import type { PersonId } from '../../core/ids.ts'
import { sealed, unsealed } from '../../core/sealed-box.ts'

const mark = 'sealed:'

/**
 * The secrets of authenticator apps as they are stored: encrypted with a key that is not in the database, so that a copy of
 * the database alone gives nobody's codes.
 */
export class TotpSecrets {
  readonly #key: Buffer

  /** @param homeKey 32 bytes; replicas share it */
  constructor(homeKey: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', homeKey, '', 'elpis totp secrets', 32))
  }

  seal(person: PersonId, secret: string): string {
    return mark + sealed(this.#key, secret, person)
  }

  /** Null when another home sealed it. Secrets from before they were sealed are taken as they stand. */
  open(person: PersonId, stored: string): string | null {
    if (!stored.startsWith(mark)) return stored
    return unsealed(this.#key, stored.slice(mark.length), person)?.toString() ?? null
  }
}
