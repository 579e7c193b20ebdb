import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/**
 * What a secret file (0600) holds, made when there is none: whole or not at all, also after a power cut, and only once of
 * however many servers start.
 */
export function keyFile(path: string, fresh: () => string | Uint8Array): Buffer {
  if (!existsSync(path)) {
    const draft = `${path}.${randomBytes(6).toString('hex')}`
    try {
      writeFileSync(draft, fresh(), { mode: 0o600, flag: 'wx', flush: true })
      linkSync(draft, path)
    } catch (error) {
      // Another server was first.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      rmSync(draft, { force: true })
    }
    const folder = openSync(dirname(path), 'r')
    fsyncSync(folder)
    closeSync(folder)
  }
  return readFileSync(path)
}
