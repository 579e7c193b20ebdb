import { canonical } from './canonical.ts'
import { answerFile, type AnswerRecord } from './answer-record.ts'
import type { RequestEntry } from './log-entry.ts'
import { parseVerifierKey, type VerifierKey } from './note.ts'
import { opens, verifyReceipt } from './verify-receipt.ts'

export interface AnswerReport {
  readonly record: AnswerRecord
  /** Null when the receipt does not prove it. */
  readonly entry: RequestEntry | null
  /** The log whose key was used. */
  readonly log: string
  /** What does not hold; empty when all does. */
  readonly problems: readonly string[]
}

/**
 * Checks that the answer in a file is the one whose entry is in the log.
 *
 * @param given the log's key; null takes the one in the file, which shows only that the file agrees with itself
 * @returns what is wrong with the file as a text when it is no answer at all
 */
export function verifyAnswer(text: string, given: VerifierKey | null): AnswerReport | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'it is not JSON'
  }
  const file = answerFile.safeParse(value)
  if (!file.success) {
    const [issue] = file.error.issues
    return `it is no exported answer (${issue?.path.join('.') || 'all of it'}: ${issue?.message ?? 'wrong'})`
  }
  const { record, receipt, key } = file.data
  const log = given ?? parseVerifierKey(key)
  if (log === null) return 'the key of the log that stands in it is no verifier key'
  const { ok, problem, entry, salt } = verifyReceipt(receipt, log)
  const found = { record, log: log.name }
  if (!ok) return { ...found, entry: null, problems: [`the receipt: ${problem ?? 'it proves nothing'}`] }
  if (entry?.type !== 'request') return { ...found, entry: null, problems: ['the entry is of no request'] }
  if (salt === null) {
    return {
      ...found,
      entry,
      problems: ['the receipt has no salt: nothing shows that the record is its own'],
    }
  }
  const problems: string[] = []
  const committed = [
    ['prompt', record.prompt],
    ['settings', record.settings],
    ['output', record.output],
    ['record', record],
  ] as const
  for (const [what, said] of committed) {
    // Of what was refused nothing was said.
    if (entry[what] === null && said === null) continue
    if (entry[what] === null) problems.push(`the entry commits to no ${what}`)
    else if (!opens(entry[what], salt, what, said))
      problems.push(`the ${what} is not what the entry commits to`)
  }
  const facts = ['model', 'weights', 'adapter', 'opened'] as const
  for (const what of facts) {
    if (canonical(entry[what]) !== canonical(record[what])) problems.push(`${what} differs from the entry's`)
  }
  if (entry.id !== record.entry) problems.push('it is the record of another entry')
  return { ...found, entry, problems }
}
