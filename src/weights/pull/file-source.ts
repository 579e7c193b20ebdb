import { mkdir, open, stat } from 'node:fs/promises'
import { requireRoom } from './disk.ts'
import { SourceFailure } from './failure.ts'
import type { FetchFile } from './source.ts'

const pathAdvice = 'Check the path.'

/** A file of this machine, copied: the store must not change when the original does. */
export function fileSource(path: string): FetchFile {
  return async (partial, wanted) => {
    const found = await stat(path).catch(unreadable)
    if (!found.isFile()) throw new SourceFailure('missing', 'it is not a file', pathAdvice)
    if (found.size === 0) throw new SourceFailure('broken', 'it is empty', pathAdvice)
    await partial.clear()
    await requireRoom(partial.folder, found.size, { free: wanted.free, spare: wanted.limits.spare })
    await mkdir(partial.folder, { recursive: true })
    wanted.report({
      type: 'source-start',
      source: wanted.source,
      file: wanted.file,
      have: 0,
      total: found.size,
    })
    await using from = await open(path, 'r').catch(unreadable)
    await using to = await open(partial.path, 'w')
    const chunk = Buffer.allocUnsafe(1 << 20)
    for (let received = 0; ;) {
      wanted.signal.throwIfAborted()
      const { bytesRead } = await from.read(chunk, 0, chunk.length)
      if (bytesRead === 0) break
      await to.writeFile(chunk.subarray(0, bytesRead))
      received += bytesRead
      wanted.report({ type: 'file-progress', file: wanted.file, received, total: found.size })
    }
    await to.sync()
    return null
  }
}

function unreadable(error: NodeJS.ErrnoException): never {
  if (error.code === 'ENOENT') throw new SourceFailure('missing', 'there is no such file', pathAdvice)
  throw new SourceFailure('refused', `it cannot be read (${error.code})`, 'Check who may read it.')
}
