import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { elpisError } from '../../errors.ts'

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with a NUL at its end. */
const mostBytes = 103

/**
 * Where the control socket of a home lies: in the home, or, when that path is too long for a socket, in a folder of this
 * user's in the system's folder for temporary files.
 */
export function controlSocketPath(home: string): string {
  const beside = join(home, 'control.sock')
  if (Buffer.byteLength(beside) <= mostBytes) return beside
  const name = `${createHash('sha256').update(realpathSync(home)).digest('hex').slice(0, 24)}.sock`
  const folder = `elpis-${userInfo().uid}`
  const path = join(tmpdir(), folder, name)
  return Buffer.byteLength(path) <= mostBytes ? path : join('/tmp', folder, name)
}

/**
 * Makes sure that nobody else can put a socket in place of ours: anybody may make folders beside the temporary one.
 *
 * @throws `control_failed` when the folder is somebody else's or open to others.
 */
export function securePath(path: string, home: string): void {
  const folder = dirname(path)
  if (folder === home) return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== userInfo().uid || (found.mode & 0o077) !== 0) {
    throw elpisError('control_failed', { socket: path, reason: `${folder} is open to others` })
  }
}
