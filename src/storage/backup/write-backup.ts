import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { asElpisError, elpisError } from '../../errors.ts'
import type { StoragePlace } from '../storage.ts'
import { cellOf, type BackupHeader, type BackupLine, type BackupSummary, type Cell } from './format.ts'
import { openSnapshot, type Snapshot } from './snapshot.ts'
import { tablesAfter } from './tables.ts'

const rowsPerLine = 500
/** A line with large rows ends sooner. */
const charactersPerLine = 1_048_576
const bytesPerPiece = 262_144

export interface Backing {
  readonly place: StoragePlace
  /** Where to write it. */
  readonly file: string
  readonly force: boolean
  /** Of this Elpis. */
  readonly version: string
  readonly now: number
  readonly signal: AbortSignal
}

/**
 * Writes all that the database holds at one moment, and the files beside it, while servers go on. The file is there
 * whole or not at all, and nobody else may read it.
 *
 * @throws `backup_exists`, `backup_empty`, what storage throws
 */
export async function writeBackup(backing: Backing): Promise<BackupSummary> {
  const { place, file, force, version, now, signal } = backing
  if (existsSync(file) && !force) throw elpisError('backup_exists', { file })
  const snapshot = await openSnapshot(place)
  const draft = `${file}.${randomUUID()}.draft`
  try {
    const header: BackupHeader = {
      type: 'elpis-backup',
      format: 1,
      madeAt: now,
      version,
      from: snapshot.from,
      migrations: [...snapshot.migrations],
    }
    const counts = { rows: 0, files: 0 }
    const text = Readable.from(sealed(header, contents(snapshot, join(place.home, 'files'), counts), counts))
    const out = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true })
    await pipeline(text, createGzip({ level: 4 }), out, { signal })
    await rename(draft, file)
    return { file, madeAt: now, from: snapshot.from, ...counts }
  } catch (error) {
    await rm(draft, { force: true })
    throw (error as NodeJS.ErrnoException).syscall === undefined
      ? asElpisError(error)
      : elpisError('backup_unwritable', { file, reason: (error as Error).message })
  } finally {
    await snapshot.close()
  }
}

interface Counts {
  rows: number
  files: number
}

/** The lines of a backup as text, the last of which vouches for those before it. */
async function* sealed(header: BackupHeader, lines: AsyncIterable<BackupLine>, counts: Counts) {
  const hash = createHash('sha256')
  const first = `${JSON.stringify(header)}\n`
  hash.update(first)
  yield first
  for await (const line of lines) {
    const text = `${JSON.stringify(line)}\n`
    hash.update(text)
    yield text
  }
  const end: BackupLine = { type: 'end', ...counts, sha256: hash.digest('hex') }
  yield `${JSON.stringify(end)}\n`
}

async function* contents(snapshot: Snapshot, folder: string, counts: Counts): AsyncGenerator<BackupLine> {
  for (const table of await tablesAfter(snapshot.migrations)) {
    yield { type: 'table', name: table.name, columns: [...table.columns] }
    let rows: Cell[][] = []
    let characters = 0
    for await (const row of snapshot.rows(table)) {
      const cells = row.map(cellOf)
      rows.push(cells)
      counts.rows++
      for (const cell of cells) characters += typeof cell === 'string' ? cell.length : 8
      if (rows.length < rowsPerLine && characters < charactersPerLine) continue
      yield { type: 'rows', rows }
      rows = []
      characters = 0
    }
    if (rows.length > 0) yield { type: 'rows', rows }
  }
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((name) => /^[0-9a-f]{40}$/.test(name)).toSorted()) {
    yield* fileLines(folder, name, counts)
  }
}

/** One that is deleted meanwhile is left out: the database of that moment still knows it, and later ones do not. */
async function* fileLines(folder: string, name: string, counts: Counts): AsyncGenerator<BackupLine> {
  const path = join(folder, name)
  if (!existsSync(path)) return
  const pieces = createReadStream(path, { highWaterMark: bytesPerPiece }) as AsyncIterable<Buffer>
  yield { type: 'file', name }
  counts.files++
  for await (const piece of pieces) yield { type: 'content', bytes: piece.toString('base64') }
}
