/** Signatures as https://www.standardwebhooks.com has them: HMAC-SHA256 over id, time and body. */
import { createHmac } from 'node:crypto'

const prefix = 'whsec_'
const fewestBytes = 24
const mostBytes = 64

/**
 * The keys in the text of a setting: `whsec_` and base64, several with blanks between.
 *
 * @returns null when there is none, or one is no such key
 */
export function signingKeys(text: string): Buffer[] | null {
  const keys: Buffer[] = []
  for (const word of text.split(/\s+/).filter((word) => word !== '')) {
    const code = word.slice(prefix.length)
    const key = Buffer.from(code, 'base64')
    const plain = (base64: string) => base64.replaceAll('=', '')
    if (!word.startsWith(prefix) || plain(key.toString('base64')) !== plain(code)) return null
    if (key.length < fewestBytes || key.length > mostBytes) return null
    keys.push(key)
  }
  return keys.length === 0 ? null : keys
}

/** What a message is signed with, in either direction. @param timestamp seconds */
export function signatureOf(
  key: Buffer,
  { id, timestamp }: { readonly id: string; readonly timestamp: string },
  body: string | Buffer,
): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
}

/** @param at epoch milliseconds of this attempt: receivers refuse what is old */
export function signedHeaders(
  keys: readonly Buffer[],
  id: string,
  at: number,
  body: string,
): Record<string, string> {
  const seconds = String(Math.floor(at / 1000))
  const signatures = keys.map(
    (key) => `v1,${signatureOf(key, { id, timestamp: seconds }, body).toString('base64')}`,
  )
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') }
}
