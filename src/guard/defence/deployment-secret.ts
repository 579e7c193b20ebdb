import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { keyFile } from '../../core/key-file.ts'
import { elpisError } from '../../errors.ts'

const bytes = 32

/**
 * What is different about the guard of this deployment. Everybody can have its weights; an attack that was found against
 * them offline, or against another deployment, should not work here.
 */
export class DeploymentSecret {
  readonly #key: Buffer

  constructor(key: Buffer) {
    this.#key = key
  }

  /** For what is done once, where there is no home yet. */
  static ofNobody(): DeploymentSecret {
    return new DeploymentSecret(randomBytes(bytes))
  }

  /**
   * Of the home, made at its first start, 0600. Whoever reads it knows the thresholds of this deployment, no more.
   *
   * @throws `guard_key_unusable`
   */
  static ofHome(home: string): DeploymentSecret {
    const file = join(home, 'guard.key')
    const key = keyFile(file, () => randomBytes(bytes))
    if (key.length !== bytes) {
      throw elpisError('guard_key_unusable', { file, reason: `it holds ${key.length} bytes, not ${bytes}` })
    }
    return new DeploymentSecret(key)
  }

  /** The same label always gives the same number, 0 to 1; without the key nobody knows which. */
  unit(label: string): number {
    return createHmac('sha256', this.#key).update(label).digest().readUInt32BE(0) / 2 ** 32
  }
}
