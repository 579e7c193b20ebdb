/** The text of a licence, as whoever made the weights put it beside them. */
import { createHash } from 'node:crypto'
import type { Sha256 } from '../core/ids.ts'

/** What such a file is called, the usual name first. */
export const licenceFileNames = [
  'LICENSE',
  'LICENSE.txt',
  'LICENSE.md',
  'LICENCE',
  'LICENCE.txt',
  'LICENCE.md',
] as const

/** What says beside a licence how weights may be used, as Llama's has it. */
export const policyFileNames = ['USE_POLICY.md', 'USE_POLICY.txt', 'USE_POLICY'] as const

/** Licences are some ten thousand characters long. */
export const mostLicenceBytes = 262_144

export interface LicenceText {
  readonly text: string
  /** Of the file as it came: what `sha256sum` says of it. */
  readonly sha256: Sha256
}

/** Null for what is empty, too long or no text. */
export function licenceText(bytes: Uint8Array): LicenceText | null {
  if (bytes.length === 0 || bytes.length > mostLicenceBytes) return null
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (text.includes('\0')) return null
    return { text, sha256: createHash('sha256').update(bytes).digest('hex') as Sha256 }
  } catch {
    return null
  }
}
