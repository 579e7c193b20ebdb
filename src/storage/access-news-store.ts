import type { Kysely } from 'kysely'
import type { AccessNews, AccessNewsStore } from '../access/store.ts'
import { SqlAcceptanceStore } from './acceptance-store.ts'
import { accessChangesBetween, type AccessChange, type AccessKind } from './access-changes.ts'
import { SqlDirectoryStore } from './directory-store.ts'
import { SqlQuotaStore } from './quota-store.ts'
import { inPieces } from './pieces.ts'
import type { Database } from './schema.ts'
import { SqlSessionStore } from './session-store.ts'

/** Each method runs inside one transaction that its caller holds. */
export class SqlAccessNewsStore implements AccessNewsStore {
  readonly #database: Kysely<Database>
  readonly #directory: SqlDirectoryStore
  readonly #sessions: SqlSessionStore
  readonly #quotas: SqlQuotaStore
  readonly #acceptances: SqlAcceptanceStore

  constructor(database: Kysely<Database>) {
    this.#database = database
    this.#directory = new SqlDirectoryStore(database)
    this.#sessions = new SqlSessionStore(database)
    this.#quotas = new SqlQuotaStore(database)
    this.#acceptances = new SqlAcceptanceStore(database)
  }

  async since(place: number | null, now: number): Promise<AccessNews> {
    const upTo = await this.#version()
    const changes = place === null ? null : await accessChangesBetween(this.#database, place, upTo)
    return changes === null ? await this.#everything(now, upTo) : await this.#some(changes, now, upTo)
  }

  async #everything(now: number, upTo: number): Promise<AccessNews> {
    const { organisations, people } = await this.#directory.all()
    const { sessions, links } = await this.#sessions.live(now)
    const [quotas, acceptances] = [await this.#quotas.list(), await this.#acceptances.list()]
    return { whole: true, organisations, people, sessions, links, quotas, acceptances, gone: [], upTo }
  }

  async #some(changes: readonly AccessChange[], now: number, upTo: number): Promise<AccessNews> {
    const idsOf = (wanted: AccessKind) => changes.flatMap(({ kind, id }) => (kind === wanted ? [id] : []))
    const organisations = await rowsOf(idsOf('organisation'), (ids) => this.#directory.organisations(ids))
    const people = await rowsOf(idsOf('person'), (ids) => this.#directory.people(ids))
    const sessions = await rowsOf(idsOf('session'), (ids) => this.#sessions.sessions(ids, now))
    const links = await rowsOf(idsOf('link'), (ids) => this.#sessions.links(ids, now))
    const quotas = await rowsOf(idsOf('quota'), (ids) => this.#quotas.quotas(ids))
    const acceptances = await rowsOf(idsOf('acceptance'), (ids) => this.#acceptances.of(ids))
    const there = new Set<string>([
      ...[...organisations, ...people, ...sessions, ...quotas].map(({ id }) => id),
      ...links.map(({ hash }) => hash),
    ])
    // What somebody accepted stays; keys are told of by their own store.
    const mayGo = changes.filter(({ kind }) => kind !== 'acceptance' && kind !== 'key')
    const gone = mayGo.flatMap(({ id }) => (there.has(id) ? [] : [id]))
    return { whole: false, organisations, people, sessions, links, quotas, acceptances, gone, upTo }
  }

  async #version(): Promise<number> {
    const row = await this.#database
      .selectFrom('versions')
      .select('version')
      .where('topic', '=', 'access')
      .executeTakeFirst()
    return row?.version ?? 0
  }
}

/** The rows of these, found a few at a time. */
async function rowsOf<Row>(
  ids: readonly string[],
  read: (ids: readonly string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const piece of inPieces(ids)) rows.push(...(await read(piece)))
  return rows
}
