/** Checkpoints as https://c2sp.org/tlog-checkpoint has them: origin, size and root of the tree, signed as a note. */
import type { Hash } from './merkle.ts'
import { fromBase64, parseNote, signedBy, type Note, type VerifierKey } from './note.ts'

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Hash
}

/** The text that is signed. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
}

/** Null when the text is no checkpoint. Lines after the third are signed, but say nothing to us. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const [origin = '', digits = '', base64 = ''] = text.split('\n')
  const root = fromBase64(base64)
  if (origin === '' || !/^(0|[1-9]\d{0,15})$/.test(digits) || root?.length !== 32) return null
  const size = Number(digits)
  return Number.isSafeInteger(size) ? { origin, size, root } : null
}

/** A checkpoint that its log signed, as it came. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: Note
}

/** The checkpoint of a note that `key` signed for the log of its name; null when it is none. */
export function openCheckpoint(signed: string, key: VerifierKey): SignedCheckpoint | null {
  const note = parseNote(signed)
  if (note === null || !signedBy(note, key)) return null
  const checkpoint = parseCheckpoint(note.text)
  return checkpoint === null || checkpoint.origin !== key.name ? null : { ...checkpoint, note }
}
