/** Proofs that an entry is in a log, as https://c2sp.org/tlog-proof has them: a text that can be checked offline. */
import { rootFromInclusion, same, leafHash, type Hash } from './merkle.ts'
import { openCheckpoint, type SignedCheckpoint } from './checkpoint.ts'
import { fromBase64, type VerifierKey } from './note.ts'

export interface TlogProof {
  /** Not proven by itself. */
  readonly extra: Uint8Array | null
  readonly index: number
  readonly hashes: readonly Hash[]
  /** The signed checkpoint, as the log published it. */
  readonly checkpoint: string
}

const firstLine = 'c2sp.org/tlog-proof@v1'
const mostHashes = 63

/** The text of such a proof; `checkpoint` stands at its end as it is. */
export function formatProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const lines = [
    firstLine,
    ...(extra === null ? [] : [`extra ${Buffer.from(extra).toString('base64')}`]),
    `index ${index}`,
    ...hashes.map((hash) => Buffer.from(hash).toString('base64')),
  ]
  return `${lines.join('\n')}\n\n${checkpoint}`
}

/** Null when the text is no proof. */
export function parseProof(text: string): TlogProof | null {
  const end = text.indexOf('\n\n')
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split('\n')
  if (first !== firstLine) return null
  const extra =
    lines[0]?.startsWith('extra ') === true ? fromBase64(lines.shift()?.slice(6) ?? '') : undefined
  const [, digits] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '') ?? []
  const hashes = lines.map(fromBase64)
  const sound = hashes.length <= mostHashes && hashes.every((hash) => hash?.length === 32)
  if (extra === null || digits === undefined || !sound) return null
  return {
    extra: extra ?? null,
    index: Number(digits),
    hashes: hashes as Hash[],
    checkpoint: text.slice(end + 2),
  }
}

/** The checkpoint that a proof leads to from this entry; null when it does not, or `key` did not sign it. */
export function checkpointOf(
  { index, hashes, checkpoint }: TlogProof,
  entry: Uint8Array,
  key: VerifierKey,
): SignedCheckpoint | null {
  const opened = openCheckpoint(checkpoint, key)
  if (opened === null) return null
  const root = rootFromInclusion(index, opened.size, leafHash(entry), hashes)
  return root !== null && same(root, opened.root) ? opened : null
}
