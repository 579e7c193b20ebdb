/**
 * A backup: gzip over lines of JSON, the same from and for every database. First the header, then for each table its
 * columns and its rows, then what lies beside the database, and at last the line that says how much there must be, with
 * the SHA-256 of all lines before it.
 */
import { z } from 'zod'

const cell = z.union([z.string(), z.number(), z.null(), z.strictObject({ bytes: z.base64() })])
const name = z.string().max(200)

export const backupHeader = z.strictObject({
  type: z.literal('elpis-backup'),
  format: z.literal(1),
  madeAt: z.int(),
  /** The Elpis that wrote it. */
  version: z.string(),
  from: z.enum(['sqlite', 'postgres']),
  /** Those that the database has had. */
  migrations: z.array(name),
})

export const backupLine = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('table'), name, columns: z.array(name).min(1) }),
  /** Of the table that was named last, in the order of its columns. */
  z.strictObject({ type: z.literal('rows'), rows: z.array(z.array(cell)) }),
  /** Only names that the shelf of files makes: nothing in a backup can lead out of its folder. */
  z.strictObject({ type: z.literal('file'), name: z.string().regex(/^[0-9a-f]{40}$/) }),
  /** The next piece of the file that was named last. */
  z.strictObject({ type: z.literal('content'), bytes: z.base64() }),
  z.strictObject({ type: z.literal('end'), rows: z.int(), files: z.int(), sha256: z.string() }),
])

export type BackupHeader = z.output<typeof backupHeader>
export type BackupLine = z.output<typeof backupLine>
export type Cell = z.output<typeof cell>

/** What a backup holds, for whoever made or restored it. */
export interface BackupSummary {
  readonly file: string
  readonly madeAt: number
  readonly from: 'sqlite' | 'postgres'
  readonly rows: number
  readonly files: number
}

/** A value of the database as it stands in a backup. */
export function cellOf(value: unknown): Cell {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') }
  return value as string | number | null
}

/** The other way round. */
export function valueOf(cell: Cell): string | number | null | Uint8Array {
  return typeof cell === 'object' && cell !== null ? new Uint8Array(Buffer.from(cell.bytes, 'base64')) : cell
}
