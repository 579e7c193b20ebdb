import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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
    return new DeploymentSecret(randomBytes(32))
  }

  /** Of the home, made at its first start, 0600. Whoever reads it knows the thresholds of this deployment, no more. */
  static ofHome(home: string): DeploymentSecret {
    const file = join(home, 'guard.key')
    try {
      writeFileSync(file, randomBytes(32), { flag: 'wx', mode: 0o600 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    return new DeploymentSecret(readFileSync(file))
  }

  /** The same label always gives the same number, 0 to 1; without the key nobody knows which. */
  unit(label: string): number {
    return createHmac('sha256', this.#key).update(label).digest().readUInt32BE(0) / 2 ** 32
  }
}
