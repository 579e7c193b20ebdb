import type { Kysely } from 'kysely'
import type { Outcome } from '../group-commit.ts'
import type { Database } from '../schema.ts'
import type { SeenVersions } from '../seen-versions.ts'
import { takeAnnounced } from '../versions.ts'
import { isRepeatable } from './classify.ts'
import { ConnectionLost, type OneConnection } from './connection.ts'

/** Writers of all replicas wait for each other here, so that each runs as if alone. Also for backup and migrations. */
export const writersLock = 0x456c_7069
/** Where changes are announced, as a hint: whoever missed it sees them at the next poll. */
export const changesChannel = 'elpis_changes'

const mostTries = 3

/** Runs as if alone: writers of all replicas come one after another. */
export const beginAlone = `begin; select pg_advisory_xact_lock(${writersLock})`
/** Sees one moment, and waits for nobody. */
export const beginReading = 'begin isolation level repeatable read read only'

export interface Session {
  readonly connection: OneConnection
  readonly begin: typeof beginAlone | typeof beginReading
  readonly database: Kysely<Database>
  readonly seen: SeenVersions
}

type Call = () => Promise<unknown>

/**
 * Runs calls one after another in one transaction, as the function of the same name does on SQLite: no other writer of
 * any replica runs meanwhile, a call that fails is undone alone, and when the transaction itself is lost, all have
 * failed. A call may be run twice: the first try goes without savepoints, which would double the statements.
 */
export async function commitTogether(session: Session, calls: readonly Call[]): Promise<Outcome[]> {
  for (let tries = 1; ; tries++) {
    try {
      await session.connection.ready()
      const values = await attempt(
        session,
        () => oneByOne(calls),
        () => true,
      )
      return values.map((value) => ({ ok: true, value }))
    } catch (error) {
      if (error instanceof ConnectionLost) return calls.map(() => ({ ok: false, error }))
      if (isRepeatable(error) && tries < mostTries) continue
      if (calls.length === 1) return [{ ok: false, error }]
      break
    }
  }
  try {
    // What was undone may have announced something: then it is told as if others had done it.
    const known = (outcomes: readonly Outcome[]) => outcomes.every(({ ok }) => ok)
    return await attempt(session, () => apart(session.connection, calls), known)
  } catch (error) {
    return calls.map(() => ({ ok: false, error }))
  }
}

async function oneByOne(calls: readonly Call[]): Promise<unknown[]> {
  const values: unknown[] = []
  for (const call of calls) values.push(await call())
  return values
}

async function apart(connection: OneConnection, calls: readonly Call[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const call of calls) {
    await connection.run('savepoint one_call')
    try {
      const value = await call()
      await connection.run('release savepoint one_call')
      outcomes.push({ ok: true, value })
    } catch (error) {
      if (error instanceof ConnectionLost) throw error
      await connection.run('rollback to savepoint one_call; release savepoint one_call')
      outcomes.push({ ok: false, error })
    }
  }
  return outcomes
}

async function attempt<Result>(
  session: Session,
  work: () => Promise<Result>,
  known: (result: Result) => boolean,
): Promise<Result> {
  const { connection, database, seen, begin } = session
  takeAnnounced(database)
  await connection.run(begin)
  let mine: ReturnType<typeof takeAnnounced> = new Map()
  try {
    const result = await work()
    const announced = takeAnnounced(database)
    if (known(result)) mine = announced
    // Before others can see it, and so before our own watch does.
    seen.mine(mine)
    const notify = announced.size === 0 ? '' : `notify ${changesChannel};`
    // What was made by a transaction that had failed ends as a rollback.
    if ((await connection.run(`${notify} commit`)) !== 'COMMIT') {
      throw new Error('a store went on after one of its statements had failed')
    }
    return result
  } catch (error) {
    seen.notMine(mine)
    if (!(error instanceof ConnectionLost)) await connection.run('rollback')
    throw error
  }
}
