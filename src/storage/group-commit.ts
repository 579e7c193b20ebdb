import type { DatabaseSync } from 'node:sqlite'

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown }

type Call = () => Promise<unknown>

interface CommitOptions {
  /**
   * `begin immediate` for calls that write: a transaction that begins with a read and then writes could not wait for
   * another process. One that only reads waits for nobody.
   */
  readonly begin?: 'begin immediate' | 'begin'
  /** Told when all that the calls did was undone, before they are run again. */
  readonly undone?: () => void
}

/**
 * Runs calls one after another in one transaction, so that they share its fsync. A call that fails is undone alone; when
 * the transaction itself is lost (disk full, commit refused), all have failed and nothing is kept. A call may be run
 * twice: the first try goes without savepoints, which cost as much as what a call does.
 *
 * A call may await nothing but queries on this connection: those end within the same turn of the event loop, so that
 * nothing else ever sees the open transaction.
 */
export async function commitTogether(
  connection: DatabaseSync,
  calls: readonly Call[],
  { begin = 'begin immediate', undone = () => {} }: CommitOptions = {},
): Promise<Outcome[]> {
  try {
    connection.exec(begin)
    let outcomes = await oneByOne(connection, calls)
    if (outcomes === null) {
      undone()
      connection.exec(`rollback; ${begin}`)
      outcomes = await apart(connection, calls)
    }
    connection.exec('commit')
    return outcomes
  } catch (error) {
    if (connection.isTransaction) connection.exec('rollback')
    return calls.map(() => ({ ok: false, error }))
  }
}

/** Null when one of several failed: what it did is still to be undone. @throws what a single one, or one that lost the transaction, throws */
async function oneByOne(connection: DatabaseSync, calls: readonly Call[]): Promise<Outcome[] | null> {
  const outcomes: Outcome[] = []
  try {
    for (const call of calls) outcomes.push({ ok: true, value: await call() })
    return outcomes
  } catch (error) {
    // SQLite gives up the whole transaction on some errors (https://www.sqlite.org/lang_transaction.html).
    if (calls.length === 1 || !connection.isTransaction) throw error
    return null
  }
}

async function apart(connection: DatabaseSync, calls: readonly Call[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const call of calls) {
    connection.exec('savepoint one_call')
    try {
      const value = await call()
      connection.exec('release one_call')
      outcomes.push({ ok: true, value })
    } catch (error) {
      if (!connection.isTransaction) throw error
      connection.exec('rollback to one_call; release one_call')
      outcomes.push({ ok: false, error })
    }
  }
  return outcomes
}
