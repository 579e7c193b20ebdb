import { mkdir, open } from 'node:fs/promises'
import { diskFull, requireRoom } from './disk.ts'
import { SourceFailure, StartOver } from './failure.ts'
import type { HttpAnswer } from './http-client.ts'
import { isNetworkError, reasonOf } from './http-span.ts'
import type { PartialFile } from './partial-file.ts'
import type { Wanted } from './source.ts'

/** Reads a body from a server that knows no ranges: from the beginning, in one go, nothing to go on from. */
export async function fetchWhole(
  partial: PartialFile,
  wanted: Wanted,
  { body, total }: { readonly body: HttpAnswer['body']; readonly total: number | null },
): Promise<void> {
  const { limits, signal } = wanted
  await requireRoom(partial.folder, total ?? wanted.bytes ?? 1, { free: wanted.free, spare: limits.spare })
  await mkdir(partial.folder, { recursive: true })
  wanted.report({ type: 'source-start', source: wanted.source, file: wanted.file, have: 0, total })
  const file = await open(partial.path, 'w')
  let received = 0
  let roomCheckedAt = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      await file.write(chunk)
      received += chunk.length
      wanted.report({ type: 'file-progress', file: wanted.file, received, total })
      // A body without an announced end must not fill the disk.
      if (total === null && received - roomCheckedAt > limits.checkRoomEvery) {
        roomCheckedAt = received
        const free = await wanted.free(partial.folder)
        if (free < limits.spare) throw diskFull(partial.folder, limits.spare, free)
      }
    }
    await file.sync()
  } catch (error) {
    signal.throwIfAborted()
    if (!isNetworkError(error)) throw error
    throw new StartOver(`${reasonOf(error)} at ${received} bytes, and this server cannot go on from there`)
  } finally {
    body.destroy()
    await file.close()
  }
  if (received === 0 || (total !== null && received !== total)) {
    throw new SourceFailure('broken', `it announced ${total ?? 'no'} bytes and sent ${received}`)
  }
}
