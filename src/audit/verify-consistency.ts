import { openCheckpoint, type SignedCheckpoint } from './checkpoint.ts'
import { Frontier } from './frontier.ts'
import { same } from './merkle.ts'
import type { VerifierKey } from './note.ts'
import { parseTile, tileWidth } from './tile.ts'
import type { LogSource } from './verify-log.ts'

/**
 * Whether a log, as it is now, begins with the tree of an old checkpoint: its hashes are read and both roots computed.
 *
 * @returns what is wrong, or null
 */
export async function verifyConsistency(
  old: SignedCheckpoint,
  source: LogSource,
  key: VerifierKey,
): Promise<string | null> {
  const now = openCheckpoint(await source.checkpoint(), key)
  if (now === null) return `the newer checkpoint is not signed by ${key.name}`
  if (now.size < old.size) return `the log shrank from ${old.size} to ${now.size} entries`
  const frontier = new Frontier()
  const matches = (size: number) => size !== old.size || same(frontier.root, old.root)
  let size = 0
  if (!matches(size)) return 'the old checkpoint says that an empty tree has a root'
  while (size < now.size) {
    const index = size / tileWidth
    const width = Math.min(tileWidth, now.size - size)
    const bytes = await source.tile({ level: 0, index, width })
    const hashes = bytes === null ? null : parseTile(bytes, width)
    if (hashes === null) return `tile 0/${index} is missing or damaged`
    for (const hash of hashes) {
      frontier.add(hash)
      size++
      if (!matches(size)) return `the first ${old.size} entries are not those that were signed before`
    }
  }
  return same(frontier.root, now.root) ? null : 'the entries do not hash to the newer root'
}
