import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** AES-256-GCM: base64 of nonce, text and tag; `about` is what it belongs to, and is not in it. `key` has 32 bytes. */
export function sealed(key: Buffer, text: string | Buffer, about: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about))
  const body = typeof text === 'string' ? cipher.update(text, 'utf8') : cipher.update(text)
  return Buffer.concat([nonce, body, cipher.final(), cipher.getAuthTag()]).toString('base64')
}

/** Null when it was sealed with another key or about something else. */
export function unsealed(key: Buffer, box: string, about: string): Buffer | null {
  const bytes = Buffer.from(box, 'base64')
  if (bytes.length < 28) return null
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(about))
  cipher.setAuthTag(bytes.subarray(-16))
  try {
    return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()])
  } catch {
    return null
  }
}
