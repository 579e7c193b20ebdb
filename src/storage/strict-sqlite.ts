/**
 * `node:sqlite` behind the interface that Kysely's `SqliteDialect` expects, and strict where the driver is lenient: it
 * stores dates, booleans, NaN and missing parameters as something else without a word.
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { RecentMap } from '../core/recent-map.ts'
import { scalar, UnboundableParameter } from './scalar.ts'

/** Statements kept prepared; queries come from code, so that there are few different ones. */
const mostStatements = 256

/** The driver for one open database. The last 256 statements stay prepared; `close` closes the database itself. */
export function strictSqlite(database: DatabaseSync): SqliteDatabase {
  const prepared = new RecentMap<string, SqliteStatement>(mostStatements)
  return {
    close: () => database.close(),
    prepare(text) {
      let statement = prepared.use(text)
      if (statement === undefined) {
        statement = strictStatement(database, text)
        prepared.set(text, statement)
      }
      return statement
    },
  }
}

function strictStatement(database: DatabaseSync, text: string): SqliteStatement {
  const statement = database.prepare(text)
  const names = statement.columns().map(({ name }) => name)
  // The driver's own objects are dictionaries: slow to make and slow to read. An integer that is not exact is its error.
  statement.setReturnArrays(true)
  const all = (parameters: readonly unknown[]): unknown => statement.all(...bind(parameters))
  const expected = placeholders(text)
  const bind = (parameters: readonly unknown[]): SQLInputValue[] => {
    if (parameters.length !== expected) {
      throw new UnboundableParameter(`${expected} parameters are needed, ${parameters.length} were given`)
    }
    return parameters.map(bindable)
  }
  return {
    reader: names.length > 0,
    all: (parameters) => (all(parameters) as SQLOutputValue[][]).map((values) => named(names, values)),
    run: (parameters) => statement.run(...bind(parameters)),
    // A statement of its own: the shared one would start anew under a reader that is still on its way.
    iterate: (parameters) => database.prepare(text).iterate(...bind(parameters)),
  }
}

/** Quoted text, quoted names and comments, in which a `?` is none; then every kind of placeholder. */
const lexemes =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|\?\d*|[:@$]\w+/g

function placeholders(text: string): number {
  let count = 0
  for (const [lexeme] of text.matchAll(lexemes)) {
    if (lexeme === '?') count++
    else if (/^[?:@$]/.test(lexeme)) {
      throw new UnboundableParameter(`only plain ? placeholders are supported, not ${lexeme}`)
    }
  }
  return count
}

function bindable(value: unknown): SQLInputValue {
  const checked = scalar(value)
  // The driver binds every number as a float; whole ones are meant as integers.
  return Number.isInteger(checked) ? BigInt(checked as number) : checked
}

function named(names: readonly string[], values: readonly SQLOutputValue[]): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (const [place, name] of names.entries()) row[name] = values[place]
  return row
}
