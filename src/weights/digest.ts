import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Sha256 } from '../core/ids.ts'

const pattern = /^[0-9a-f]{64}$/

/** The digest that `text` spells in hex of either case, or null. */
export function asSha256(text: string): Sha256 | null {
  const lower = text.toLowerCase()
  return pattern.test(lower) ? (lower as Sha256) : null
}

/** Digest of what lies on the disk, read from front to back. */
export async function sha256OfFile(
  path: string,
  { signal, onBytes }: { signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
): Promise<Sha256> {
  const hash = createHash('sha256')
  const stream = createReadStream(path, {
    highWaterMark: 1 << 20,
    ...(signal === undefined ? {} : { signal }),
  })
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk)
    onBytes?.(chunk.length)
  }
  return hash.digest('hex') as Sha256
}

/** One digest for a model: its file's own, or that of the list of its files (as `sha256sum` prints it). */
export function digestOfFiles(files: readonly { readonly name: string; readonly sha256: string }[]): Sha256 {
  const [first, ...others] = files
  if (first !== undefined && others.length === 0) return first.sha256 as Sha256
  const list = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('')
  return createHash('sha256').update(list).digest('hex') as Sha256
}
