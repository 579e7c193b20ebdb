/** Where a log can be read from: a folder that was copied, or the server itself. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { elpisError } from '../errors.ts'
import { tilePath } from './tile.ts'
import type { LogSource } from './verify-log.ts'

const mostBytes = 32 * 1024 * 1024
const answerMilliseconds = 30_000

/** A folder with `checkpoint` and `tile/…`, as `elpis audit export` and every mirror of such logs write it. */
export function folderLog(folder: string): LogSource {
  return {
    checkpoint: () => readFile(join(folder, 'checkpoint'), 'utf8'),
    async tile(name) {
      try {
        return await readFile(join(folder, 'tile', tilePath(name)))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
  }
}

/**
 * A log that is served.
 *
 * @param prefix such as `https://ai.example.org/log`
 * @param key an API key of an auditor; without one, only hashes can be read
 */
export function servedLog(prefix: string, key: string | null): LogSource {
  const base = prefix.replace(/\/+$/, '')
  async function get(path: string): Promise<Uint8Array | null> {
    const answer = await fetch(`${base}/${path}`, {
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(answerMilliseconds),
      redirect: 'error',
    }).catch((error: unknown) => {
      throw unreachable(base, error instanceof Error ? error.message : String(error))
    })
    if (answer.status === 404) return null
    if (!answer.ok) throw unreachable(base, `${path} is answered with status ${answer.status}`)
    const bytes = await answer.bytes()
    if (bytes.length > mostBytes) throw unreachable(base, `${path} is too large`)
    return bytes
  }
  return {
    async checkpoint() {
      const bytes = await get('checkpoint')
      if (bytes === null) throw unreachable(base, 'there is no checkpoint')
      return Buffer.from(bytes).toString()
    },
    tile: (name) => get(`tile/${tilePath(name)}`),
  }
}

function unreachable(log: string, reason: string) {
  return elpisError('audit_log_unreadable', { log, reason })
}
