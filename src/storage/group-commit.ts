import type { DatabaseSync } from 'node:sqlite'

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown }

/**
 * Runs calls one after another in one transaction, so that they share its fsync. A call that fails is undone alone; when
 * the transaction itself is lost (disk full, commit refused), all have failed and nothing is kept.
 *
 * @param begin `begin immediate` for calls that write: a transaction that begins with a read and then writes could not wait
 *   for another process. One that only reads waits for nobody.
 *
 * A call may await nothing but queries on this connection: those end within the same turn of the event loop, so that
 * nothing else ever sees the open transaction.
 */
export async function commitTogether(
  connection: DatabaseSync,
  calls: readonly (() => Promise<unknown>)[],
  begin: 'begin immediate' | 'begin' = 'begin immediate',
): Promise<Outcome[]> {
  try {
    connection.exec(begin)
    const outcomes: Outcome[] = []
    for (const call of calls) outcomes.push(await runAlone(connection, call))
    connection.exec('commit')
    return outcomes
  } catch (error) {
    if (connection.isTransaction) connection.exec('rollback')
    return calls.map(() => ({ ok: false, error }))
  }
}

async function runAlone(connection: DatabaseSync, call: () => Promise<unknown>): Promise<Outcome> {
  connection.exec('savepoint one_call')
  try {
    const value = await call()
    connection.exec('release one_call')
    return { ok: true, value }
  } catch (error) {
    // SQLite gives up the whole transaction on some errors (https://www.sqlite.org/lang_transaction.html).
    if (!connection.isTransaction) throw error
    connection.exec('rollback to one_call; release one_call')
    return { ok: false, error }
  }
}
