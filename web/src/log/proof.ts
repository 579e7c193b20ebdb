import { fromBase64 } from './bytes.ts'
import { leafHash, provesInclusion } from './merkle.ts'
import { openCheckpoint, type LogKey } from './note.ts'

/** Whether a `tlog-proof` (c2sp.org/tlog-proof) shows that its entry is in the log of this key. @returns the entry, or null */
export async function provenEntry(proof: string, key: LogKey): Promise<string | null> {
  const end = proof.indexOf('\n\n')
  const [first, extra = '', index = '', ...hashes] = proof.slice(0, Math.max(end, 0)).split('\n')
  const [, place = ''] = /^index (\d{1,15})$/.exec(index) ?? []
  const bytes = extra.startsWith('extra ') ? fromBase64(extra.slice(6)) : null
  const path = hashes.map(fromBase64)
  if (first !== 'c2sp.org/tlog-proof@v1' || place === '' || bytes === null) return null
  if (path.length > 63 || path.some((hash) => hash?.length !== 32)) return null
  const checkpoint = await openCheckpoint(proof.slice(end + 2), key)
  if (checkpoint === null) return null
  const { entry } = JSON.parse(new TextDecoder().decode(bytes)) as { entry?: unknown }
  if (typeof entry !== 'string') return null
  const leaf = await leafHash(new TextEncoder().encode(entry))
  const proven = await provesInclusion(Number(place), leaf, checkpoint, path as Uint8Array<ArrayBuffer>[])
  return proven ? entry : null
}
