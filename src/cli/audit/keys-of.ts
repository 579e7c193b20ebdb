import { readFile } from 'node:fs/promises'
import { parseVerifierKey, type VerifierKey } from '../../audit/note.ts'
import { elpisError } from '../../errors.ts'

/** A public key, given as it is or as a file. @throws `audit_log_unreadable` */
export async function keyOf(text: string): Promise<VerifierKey> {
  const given = parseVerifierKey(text)
  if (given !== null) return given
  const content = await readFile(text, 'utf8').catch((error: unknown) => {
    throw elpisError('audit_log_unreadable', { log: text, reason: (error as Error).message })
  })
  const key = parseVerifierKey(content)
  if (key === null) throw elpisError('audit_log_unreadable', { log: text, reason: 'it is no verifier key' })
  return key
}
