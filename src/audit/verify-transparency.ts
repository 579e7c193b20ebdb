import { canonical } from './canonical.ts'
import type { VerifierKey } from './note.ts'
import { Tally } from './tally.ts'
import { openStatement, type Statement } from './transparency.ts'
import { verifyLog, type LogSource } from './verify-log.ts'

export interface StatementReport {
  readonly ok: boolean
  readonly problems: readonly string[]
  readonly statement: Statement | null
  /** Whether its counts were compared with the entries themselves. */
  readonly counted: boolean
}

/**
 * Checks a signed statement: by the key alone, or also against the entries, which are counted again.
 *
 * @param source the log, as auditors can read it; null for the signature alone
 */
export async function verifyTransparency(
  text: string,
  key: VerifierKey,
  source: LogSource | null,
): Promise<StatementReport> {
  const statement = openStatement(text, key)
  if (typeof statement === 'string')
    return { ok: false, problems: [statement], statement: null, counted: false }
  if (source === null) return { ok: true, problems: [], statement, counted: false }
  const tally = new Tally()
  let seen = 0
  const report = await verifyLog({
    source,
    key,
    onEntry(entry, position) {
      if (position >= statement.size) return
      seen++
      tally.add(entry)
    },
  })
  const problems = [...report.problems]
  if (seen < statement.size) problems.push(`it counts ${statement.size} entries, and only ${seen} are there`)
  else {
    for (const [name, value] of Object.entries(tally.counts())) {
      const said = canonical(statement[name as keyof Statement])
      const found = canonical(value)
      if (said !== found) problems.push(`it says of ${name} ${said}; the entries say ${found}`)
    }
  }
  return { ok: problems.length === 0, problems, statement, counted: true }
}
