import type { Insertable, InsertObject, Kysely, Selectable } from 'kysely'
import type {
  AuditStore,
  FullTile,
  KeptCounts,
  LogState,
  NewLeaf,
  OpenRow,
  StoredLeaf,
} from '../audit/store.ts'
import type { ActLeaf } from '../core/acts.ts'
import type { EntryId } from '../core/ids.ts'
import { CompiledQueries } from './compiled-queries.ts'
import type { Database } from './schema.ts'
import { inPieces } from './pieces.ts'

type LogRow = Selectable<Database['audit_log']>

/** The one row of the log; whoever changes it has the log until its transaction ends. */
const theLog = 1

/**
 * The transparency log in SQL. Invariant: leaves are numbered without gaps, for `seal` holds the log's one row until
 * its transaction ends, on whatever server.
 */
export class SqlAuditStore implements AuditStore {
  readonly #database: Kysely<Database>
  readonly #compiled: CompiledQueries

  constructor(database: Kysely<Database>) {
    this.#database = database
    this.#compiled = new CompiledQueries(database)
  }

  async begin(verifierKey: string): Promise<LogState> {
    await this.#database
      .insertInto('audit_log')
      .values({ id: theLog, verifier_key: verifierKey, size: 0, checkpoint_size: 0, checkpoint: '' })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return await this.state()
  }

  async state(): Promise<LogState> {
    return stateOf(await this.#database.selectFrom('audit_log').selectAll().executeTakeFirstOrThrow())
  }

  async open(rows: readonly OpenRow[]): Promise<void> {
    for (const piece of inPieces(rows)) {
      const values = piece.map(({ id, replica, account, subject, draft }) => ({
        id,
        replica,
        account,
        subject,
        draft,
      }))
      await this.#insert('audit_open', values)
    }
  }

  async seal(leaves: readonly NewLeaf[]): Promise<readonly (number | null)[]> {
    // The row is taken before anything is read: of several servers one appends at a time, the others wait here.
    const grown = await this.#compiled.run('grow', [leaves.length, theLog], () =>
      this.#database
        .updateTable('audit_log')
        .set((row) => ({ size: row('size', '+', 1) }))
        .where('id', '=', theLog)
        .returning('size')
        .compile(),
    )
    const size = grown.rows[0]?.size
    if (size === undefined) throw new Error('There is no log.')
    const begin = size - leaves.length
    const closed = await this.#close(leaves.filter(({ opened }) => opened).map(({ id }) => id))
    let next = begin
    const positions = leaves.map(({ id, opened }) => (!opened || closed.has(id) ? next++ : null))
    const rows = leaves.flatMap(({ id, account, subject, hash, body }, place) => {
      const position = positions[place] ?? null
      return position === null ? [] : [{ position, id, account, subject, hash, body }]
    })
    for (const piece of inPieces(rows)) await this.#insert('audit_leaves', piece)
    if (next !== size) {
      await this.#database.updateTable('audit_log').set({ size: next }).where('id', '=', theLog).execute()
    }
    return positions
  }

  async opened(replica: string | null, limit: number): Promise<readonly OpenRow[]> {
    let query = this.#database.selectFrom('audit_open').selectAll().orderBy('id').limit(limit)
    if (replica !== null) query = query.where('replica', '=', replica)
    return await query.execute()
  }

  async openRow(id: EntryId): Promise<OpenRow | null> {
    const query = this.#database.selectFrom('audit_open').selectAll().where('id', '=', id)
    return (await query.executeTakeFirst()) ?? null
  }

  async leaf(id: EntryId): Promise<StoredLeaf | null> {
    const query = this.#database.selectFrom('audit_leaves').where('id', '=', id)
    return (await query.select(['position', 'account', 'subject', 'body']).executeTakeFirst()) ?? null
  }

  async unknown(ids: readonly EntryId[]): Promise<readonly EntryId[]> {
    const known = new Set<EntryId>()
    for (const piece of inPieces(ids)) {
      for (const table of ['audit_leaves', 'audit_open'] as const) {
        const rows = await this.#database.selectFrom(table).select('id').where('id', 'in', piece).execute()
        for (const { id } of rows) known.add(id)
      }
    }
    return ids.filter((id) => !known.has(id))
  }

  async leafHashes(begin: number, end: number): Promise<readonly string[]> {
    const query = this.#database.selectFrom('audit_leaves').select('hash').orderBy('position')
    const rows = await query.where('position', '>=', begin).where('position', '<', end).execute()
    return rows.map(({ hash }) => hash)
  }

  async bodies(begin: number, end: number): Promise<readonly string[]> {
    const query = this.#database.selectFrom('audit_leaves').select('body').orderBy('position')
    const rows = await query.where('position', '>=', begin).where('position', '<', end).execute()
    return rows.map(({ body }) => body)
  }

  async tileCount(level: number): Promise<number> {
    const query = this.#database
      .selectFrom('audit_tiles')
      .where('level', '=', level)
      .orderBy('number', 'desc')
    const last = await query.select('number').limit(1).executeTakeFirst()
    return last === undefined ? 0 : last.number + 1
  }

  async addTiles(tiles: readonly FullTile[]): Promise<void> {
    for (const { level, number, hashes, root } of tiles) {
      await this.#database
        .insertInto('audit_tiles')
        .values({ level, number, hashes, root })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
  }

  async tile(level: number, number: number): Promise<string | null> {
    const query = this.#database.selectFrom('audit_tiles').where('level', '=', level)
    const row = await query.where('number', '=', number).select('hashes').executeTakeFirst()
    return row?.hashes ?? null
  }

  async tileRoots(level: number, begin: number, end: number): Promise<readonly string[]> {
    const query = this.#database.selectFrom('audit_tiles').where('level', '=', level).orderBy('number')
    const rows = await query.where('number', '>=', begin).where('number', '<', end).select('root').execute()
    return rows.map(({ root }) => root)
  }

  async publish(size: number, checkpoint: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('audit_log')
      .set({ checkpoint_size: size, checkpoint })
      .where('id', '=', theLog)
      .where('checkpoint_size', '<=', size)
      .executeTakeFirstOrThrow()
    return numUpdatedRows > 0n
  }

  async counts(rules: number): Promise<KeptCounts | null> {
    const query = this.#database.selectFrom('audit_counts').selectAll().where('rules', '=', rules)
    return (await query.executeTakeFirst()) ?? null
  }

  async keepCounts({ rules, size, root, counts }: KeptCounts): Promise<void> {
    await this.#database
      .insertInto('audit_counts')
      .values({ rules, size, root, counts })
      .onConflict((conflict) => conflict.column('rules').doUpdateSet({ size, root, counts }))
      .execute()
  }

  async beat(replica: string): Promise<readonly { replica: string; beat: number }[]> {
    await this.#database
      .insertInto('audit_replicas')
      .values({ replica, beat: 1 })
      .onConflict((conflict) =>
        conflict.column('replica').doUpdateSet((row) => ({ beat: row('audit_replicas.beat', '+', 1) })),
      )
      .execute()
    return await this.#database.selectFrom('audit_replicas').selectAll().execute()
  }

  async bury(replicas: readonly string[]): Promise<void> {
    for (const replica of replicas) {
      await this.#database.deleteFrom('audit_replicas').where('replica', '=', replica).execute()
    }
  }

  async #close(ids: readonly EntryId[]): Promise<Set<EntryId>> {
    const closed = new Set<EntryId>()
    for (const piece of inPieces(ids)) {
      const { rows } = await this.#compiled.run(`close ${piece.length}`, piece, () =>
        this.#database.deleteFrom('audit_open').where('id', 'in', piece).returning('id').compile(),
      )
      for (const { id } of rows) closed.add(id)
    }
    return closed
  }

  /** @param rows each with the same columns in the same order */
  async #insert<Table extends 'audit_open' | 'audit_leaves'>(
    table: Table,
    rows: readonly Insertable<Database[Table]>[],
  ): Promise<void> {
    await this.#compiled.run(`${table} ${rows.length}`, rows.flatMap(Object.values), () =>
      this.#database
        .insertInto(table)
        .values(rows as InsertObject<Database, Table>[])
        .compile(),
    )
  }
}

/** Appends the entry of an act in the transaction of what it tells of; nothing where there is no log. */
export async function appendAct(database: Kysely<Database>, entry: ActLeaf | null): Promise<void> {
  if (entry === null) return
  await new SqlAuditStore(database).seal([{ ...entry, opened: false, account: null, subject: null }])
}

function stateOf({ verifier_key, size, checkpoint_size, checkpoint }: LogRow): LogState {
  return { verifierKey: verifier_key, size, checkpointSize: checkpoint_size, checkpoint }
}
