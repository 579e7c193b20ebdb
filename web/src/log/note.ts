/** Signed notes, keys and checkpoints as c2sp.org/signed-note and c2sp.org/tlog-checkpoint have them. */
import { fromBase64, joined, same } from './bytes.ts'

export interface LogKey {
  readonly name: string
  /** The four bytes that its signatures begin with. */
  readonly id: Uint8Array<ArrayBuffer>
  readonly publicKey: Uint8Array<ArrayBuffer>
}

const plainEd25519 = 1

/** Null for what is no key of a log. */
export async function parseLogKey(text: string): Promise<LogKey | null> {
  const [, name = '', id = '', base64 = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([\w+/=]+)$/u.exec(text.trim()) ?? []
  const bytes = fromBase64(base64)
  if (bytes?.length !== 33 || bytes[0] !== plainEd25519) return null
  const digest = await crypto.subtle.digest('SHA-256', joined(encoded(`${name}\n`), bytes))
  const own = new Uint8Array(digest).slice(0, 4)
  const written = Array.from(own, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return written === id ? { name, id: own, publicKey: bytes.slice(1) } : null
}

/** The text of a note that this key signed; null when it did not. */
export async function signedText(note: string, { name, id, publicKey }: LogKey): Promise<string | null> {
  const end = note.lastIndexOf('\n\n')
  if (end === -1 || !note.endsWith('\n')) return null
  const text = note.slice(0, end + 1)
  const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
  let signed = false
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, by = '', base64 = ''] = /^— ([^\s+]+) ([\w+/=-]+)$/u.exec(line) ?? []
    const bytes = fromBase64(base64)
    if (by !== name || bytes === null || !same(bytes.slice(0, 4), id)) continue
    if (!(await crypto.subtle.verify('Ed25519', key, bytes.slice(4), encoded(text)))) return null
    signed = true
  }
  return signed ? text : null
}

export interface Checkpoint {
  readonly size: number
  readonly root: Uint8Array<ArrayBuffer>
}

/** Null for what this key did not sign for the log of its name. */
export async function openCheckpoint(note: string, key: LogKey): Promise<Checkpoint | null> {
  const [origin, size = '', base64 = ''] = (await signedText(note, key))?.split('\n') ?? []
  const root = fromBase64(base64)
  if (origin !== key.name || !/^\d{1,15}$/.test(size) || root?.length !== 32) return null
  return { size: Number(size), root }
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
