import type { Row, Snapshot } from '../backup/snapshot.ts'
import { quoted } from '../backup/quoted.ts'
import { errorOf } from '../failure.ts'
import { addressShown } from './address.ts'
import { postgresFailure } from './classify.ts'
import { OneConnection } from './connection.ts'

const rowsAtOnce = 1000

/** Null when the database has no tables of ours. @throws what storage throws */
export async function postgresSnapshot(url: string): Promise<Snapshot | null> {
  const connection = new OneConnection({
    url,
    name: 'elpis backup',
    connectMilliseconds: 5000,
    statementMilliseconds: 600_000,
    lockMilliseconds: 10_000,
  })
  const query = async (text: string) => (await (await connection.connect()).query<object>(text, [])).rows
  try {
    await connection.ready()
    // Between two pieces nothing is asked for as long as it takes to write them.
    await connection.run('set idle_in_transaction_session_timeout = 0')
    await connection.run('begin isolation level repeatable read read only')
    const [has] = (await query("select to_regclass('migrations') is not null as there")) as [
      { there: number },
    ]
    if (has.there === 0) {
      await connection.end()
      return null
    }
    const names = (await query('select name from migrations order by name')) as { name: string }[]
    return {
      from: 'postgres',
      migrations: names.map(({ name }) => name),
      async *rows({ name, columns }) {
        const select = `select ${columns.map(quoted).join(', ')} from ${quoted(name)}`
        await connection.run(`declare of_table no scroll cursor for ${select}`)
        for (;;) {
          const rows = await query(`fetch ${rowsAtOnce} from of_table`)
          for (const row of rows) yield Object.values(row) as Row
          if (rows.length < rowsAtOnce) break
        }
        await connection.run('close of_table')
      },
      close: () => connection.end(),
    }
  } catch (error) {
    connection.drop()
    throw errorOf(postgresFailure(error), addressShown(url))
  }
}
