/** Entries of the log as a table in an Apache Parquet file, for whoever counts with other tools. */
import type { ColumnSource } from 'hyparquet-writer'
import { fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import { canonical } from './canonical.ts'
import type { LogEntry, RequestEntry } from './log-entry.ts'

/** Rows that are held in memory before they are written. */
const rowsAtOnce = 20_000

type Row = Readonly<Record<string, string | number | bigint | Date | object | null>>

/** Columns, with their types; what an entry does not have is null. */
const columns = {
  position: 'INT64',
  type: 'STRING',
  id: 'STRING',
  kind: 'STRING',
  at: 'TIMESTAMP',
  closed: 'TIMESTAMP',
  by: 'STRING',
  about: 'STRING',
  details: 'JSON',
  organisation: 'STRING',
  request: 'STRING',
  model: 'STRING',
  weights: 'STRING',
  adapter: 'STRING',
  policy: 'STRING',
  outcome: 'STRING',
  error: 'STRING',
  input_outcome: 'STRING',
  input_action: 'STRING',
  input_hazards: 'STRING',
  output_outcome: 'STRING',
  output_action: 'STRING',
  output_hazards: 'STRING',
  prompt_tokens: 'INT32',
  cached_tokens: 'INT32',
  output_tokens: 'INT32',
  reasoning_tokens: 'INT32',
  /** The entry as it stands in the log, byte for byte: what its leaf hashes. */
  entry: 'STRING',
} as const satisfies Record<string, ColumnSource['type']>

/** Writes entries in the order in which they come; memory does not grow with the log. */
export class ParquetLog {
  readonly #writer: ParquetWriter
  #rows: Row[] = []
  #written = 0

  /** @throws what the file system throws */
  constructor(file: string) {
    const schema = schemaFromColumnData({ columnData: columnsOf([]) })
    this.#writer = new ParquetWriter({ writer: fileWriter(file), schema, createdBy: 'elpis' })
  }

  /** @param position of the entry in the log */
  async add(entry: LogEntry, position: number): Promise<void> {
    this.#rows.push(rowOf(entry, position))
    if (this.#rows.length >= rowsAtOnce) await this.#flush()
  }

  /** @returns how many entries there are */
  async finish(): Promise<number> {
    await this.#flush()
    await this.#writer.finish()
    return this.#written
  }

  async #flush(): Promise<void> {
    const rows = this.#rows
    if (rows.length === 0) return
    this.#rows = []
    this.#written += rows.length
    await this.#writer.write({ columnData: columnsOf(rows), rowGroupSize: rowsAtOnce })
  }
}

function columnsOf(rows: readonly Row[]): ColumnSource[] {
  return Object.entries(columns).map(([name, type]) => ({
    name,
    type,
    nullable: true,
    data: rows.map((row) => row[name] ?? null),
  }))
}

function rowOf(entry: LogEntry, position: number): Row {
  const { type, id, kind } = entry
  const common = { position: BigInt(position), type, id, kind, entry: canonical(entry) }
  if (entry.type === 'act') {
    const { at, by, about, details } = entry
    return { ...common, at: new Date(at), by, about, details }
  }
  const { organisation, request, model, weights, adapter, policy, outcome, error, usage } = entry
  return {
    ...common,
    at: new Date(entry.opened),
    closed: new Date(entry.closed),
    by: entry.who,
    organisation,
    request,
    model,
    weights,
    adapter,
    policy,
    outcome,
    error,
    ...verdictRow('input', entry.input_verdict),
    ...verdictRow('output', entry.output_verdict),
    prompt_tokens: usage?.prompt ?? null,
    cached_tokens: usage?.cached ?? null,
    output_tokens: usage?.output ?? null,
    reasoning_tokens: usage?.reasoning ?? null,
  }
}

function verdictRow(direction: 'input' | 'output', verdict: RequestEntry['input_verdict']): Row {
  return {
    [`${direction}_outcome`]: verdict?.outcome ?? null,
    [`${direction}_action`]: verdict?.action ?? null,
    [`${direction}_hazards`]: verdict === null ? null : verdict.hazards.join(' '),
  }
}
