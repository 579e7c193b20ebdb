import { createHash } from 'node:crypto'
import { Socket } from 'node:net'
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { Client } from 'pg'
import { strictParameters, valueTypes } from './values.ts'

export interface ConnectionSettings {
  readonly url: string
  /** How it is called in `pg_stat_activity`. */
  readonly name: string
  /** Longest time for a connection to be made, and for the answer to one statement. */
  readonly connectMilliseconds: number
  readonly statementMilliseconds: number
  /** Longest wait for a lock that another transaction holds. */
  readonly lockMilliseconds: number
  /** Statements for each new connection, besides those that all need. */
  readonly begin?: string
  /** A message to a channel that `begin` listens on. */
  readonly onNotification?: () => void
}

/** How long the server keeps a transaction, and its locks, of a client that fell silent. */
const silentMilliseconds = 3000
/** Statements kept prepared, per connection; queries come from code, so that there are few different ones. */
const mostStatements = 256

/**
 * One connection to Postgres, made again after it was lost, but only when asked: a transaction that began on one
 * connection must not go on over another.
 */
export class OneConnection implements PostgresPool {
  readonly options = {}
  readonly #settings: ConnectionSettings
  #current: Connected | null = null
  #givenUp: unknown = null

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
  }

  /** Connects, when there is no connection. To be called between transactions only. */
  async ready(): Promise<void> {
    if (this.#givenUp !== null) throw this.#givenUp
    if (this.#current?.open === true) return
    this.drop()
    this.#current = await Connected.open(this.#settings)
  }

  /** For queries of Kysely. */
  async connect(): Promise<PostgresPoolClient> {
    if (this.#current === null) throw new ConnectionLost('the connection was lost')
    return this.#current
  }

  /** One or several statements without parameters. @returns the last one's command, such as `COMMIT` */
  async run(statements: string): Promise<string> {
    if (this.#current === null) throw new ConnectionLost('the connection was lost')
    return await this.#current.run(statements)
  }

  /** Ends the connection, and makes none until it is told to: whoever asks is told at once. */
  giveUp(reason: unknown): void {
    this.#givenUp = new ConnectionLost(reason instanceof Error ? reason.message : String(reason))
    this.drop()
  }

  takeUp(): void {
    this.#givenUp = null
  }

  /** Ends the connection without waiting: what it was doing is undone by the server, unless it was done already. */
  drop(): void {
    this.#current?.destroy()
    this.#current = null
  }

  async end(): Promise<void> {
    const current = this.#current
    this.#current = null
    await current?.end()
  }
}

/** The connection broke, or was never made; what ran over it may or may not have been done. */
export class ConnectionLost extends Error {}

class Connected implements PostgresPoolClient {
  open = true
  readonly #client: Client
  readonly #socket: Socket
  readonly #statementNames = new Map<string, string>()

  private constructor({ url, name, connectMilliseconds, statementMilliseconds }: ConnectionSettings) {
    this.#socket = new Socket()
    this.#client = new Client({
      connectionString: url,
      application_name: name,
      connectionTimeoutMillis: connectMilliseconds,
      // The server's own limit comes first; this is for a server that cannot be reached any more.
      query_timeout: statementMilliseconds + 500,
      keepAlive: true,
      stream: () => this.#socket,
      types: valueTypes,
    })
    this.#client.on('error', () => this.destroy())
    this.#client.on('end', () => (this.open = false))
  }

  static async open(settings: ConnectionSettings): Promise<Connected> {
    const made = new Connected(settings)
    const { statementMilliseconds, lockMilliseconds, begin = '' } = settings
    try {
      await made.#client.connect()
      await made.run(
        `set statement_timeout = ${statementMilliseconds};
         set lock_timeout = ${lockMilliseconds};
         set idle_in_transaction_session_timeout = ${silentMilliseconds};
         set time zone 'UTC';
         set bytea_output = 'hex';
         set standard_conforming_strings = on;
         select set_config('synchronous_commit', 'on', false)
           where current_setting('synchronous_commit') = 'off';
         ${begin}`,
      )
      await made.#requireWritable()
    } catch (error) {
      made.destroy()
      throw error
    }
    if (settings.onNotification !== undefined) made.#client.on('notification', settings.onNotification)
    return made
  }

  query<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  query(text: unknown, parameters: readonly unknown[] = []): unknown {
    // Kysely's other form is for cursors, which nothing here asks for.
    return this.#query(text as string, parameters)
  }

  async #query(text: string, parameters: readonly unknown[]): Promise<unknown> {
    const values = strictParameters(parameters)
    const name = this.#nameOf(text)
    const query = name === null ? { text, values } : { name, text, values }
    return await this.#watching(this.#client.query(query))
  }

  async run(statements: string): Promise<string> {
    const results = (await this.#watching(this.#client.query(statements))) as unknown
    const last = Array.isArray(results) ? (results.at(-1) as unknown) : results
    return (last as { command: string }).command
  }

  release(): void {
    // It stays: there is only this one.
  }

  destroy(): void {
    this.open = false
    this.#socket.destroy()
  }

  async end(): Promise<void> {
    this.open = false
    const patience = setTimeout(() => this.#socket.destroy(), 1000)
    await this.#client.end().catch(() => {})
    clearTimeout(patience)
  }

  /** A copy that only follows would tell old news, and take no writes. */
  async #requireWritable(): Promise<void> {
    const { rows } = await this.query<{ following: number; encoding: string }>(
      "select pg_is_in_recovery() as following, current_setting('server_encoding') as encoding",
      [],
    )
    if (rows[0]?.following === 1) throw new ConnectionLost('it is a standby, which cannot be written to')
    if (rows[0]?.encoding !== 'UTF8') throw new Error(`its encoding is ${rows[0]?.encoding}, not UTF8`)
  }

  #nameOf(text: string): string | null {
    const known = this.#statementNames.get(text)
    if (known !== undefined) return known
    if (this.#statementNames.size >= mostStatements) return null
    const name = createHash('sha256').update(text).digest('hex').slice(0, 32)
    this.#statementNames.set(text, name)
    return name
  }

  /** After an error that is not the server's answer to a statement, nothing is known of the connection. */
  async #watching<Result>(result: Promise<Result>): Promise<Result> {
    try {
      return await result
    } catch (error) {
      if (!isAnswer(error)) {
        this.destroy()
        throw new ConnectionLost((error as Error).message, { cause: error })
      }
      throw error
    }
  }
}

/** The server refused a statement and waits for the next. https://www.postgresql.org/docs/current/errcodes-appendix.html */
function isAnswer(error: unknown): boolean {
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  const coded = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)
  return coded && severity !== 'FATAL' && severity !== 'PANIC'
}
