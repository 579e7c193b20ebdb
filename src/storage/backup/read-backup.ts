import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { elpisError, type ElpisError } from '../../errors.ts'
import { NewerSchema } from '../migrations.ts'
import { backupHeader, backupLine, type BackupHeader, type BackupLine, type BackupSummary } from './format.ts'
import { tablesAfter, type TableColumns } from './tables.ts'

/** No row is larger: requests are bounded well below. */
const mostLineBytes = 400_000_000

/** What is to be done with each line, in order; lines that do not belong where they are never come here. */
export interface BackupReader {
  header?(header: BackupHeader): Promise<void>
  rows?(table: TableColumns, rows: Extract<BackupLine, { type: 'rows' }>['rows']): Promise<void>
  file?(name: string): Promise<void>
  content?(bytes: Buffer): Promise<void>
}

/**
 * Reads a backup from its first line to its last.
 *
 * @throws `backup_invalid` at the first thing that is wrong, `backup_newer`
 */
export async function readBackup(file: string, reader: BackupReader): Promise<BackupSummary> {
  const invalid = (reason: string) => elpisError('backup_invalid', { file, reason })
  const hash = createHash('sha256')
  const counts = { rows: 0, files: 0 }
  let header: BackupHeader | null = null
  let tables: readonly TableColumns[] = []
  let table: TableColumns | null = null
  let inFile = false
  let ended = false
  for await (const bytes of lines(file, invalid)) {
    if (ended) throw invalid('something follows its end')
    const value = parsed(bytes, invalid)
    if (header === null) {
      header = backupHeader.safeParse(value).data ?? null
      if (header === null) throw invalid('it does not begin as one')
      tables = await knownTables(file, header.migrations)
      await reader.header?.(header)
      hash.update(bytes)
      continue
    }
    const line = backupLine.safeParse(value).data
    if (line === undefined) throw invalid('a line of it is damaged')
    switch (line.type) {
      case 'table':
        table = tables.find(({ name }) => name === line.name) ?? null
        if (table === null || table.columns.join() !== line.columns.join() || inFile) {
          throw invalid(`its table "${line.name}" does not fit`)
        }
        break
      case 'rows':
        if (table === null || inFile || line.rows.some((row) => row.length !== table?.columns.length)) {
          throw invalid('rows of it do not fit their table')
        }
        counts.rows += line.rows.length
        await reader.rows?.(table, line.rows)
        break
      case 'file':
        inFile = true
        counts.files++
        await reader.file?.(line.name)
        break
      case 'content':
        if (!inFile) throw invalid('content of it belongs to no file')
        await reader.content?.(Buffer.from(line.bytes, 'base64'))
        break
      case 'end':
        if (line.sha256 !== hash.digest('hex')) throw invalid('its checksum is wrong')
        if (line.rows !== counts.rows || line.files !== counts.files)
          throw invalid('something of it is missing')
        ended = true
        break
      default:
        line satisfies never
    }
    if (!ended) hash.update(bytes)
  }
  if (header === null || !ended) throw invalid('its end is missing')
  return { file, madeAt: header.madeAt, from: header.from, ...counts }
}

async function knownTables(file: string, migrations: readonly string[]): Promise<TableColumns[]> {
  try {
    return await tablesAfter(migrations)
  } catch (error) {
    if (error instanceof NewerSchema) throw elpisError('backup_newer', { file, migration: error.migration })
    throw error
  }
}

function parsed(bytes: Buffer, invalid: (reason: string) => ElpisError): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch {
    throw invalid('a line of it is damaged')
  }
}

/** Lines with their ends. @throws `backup_invalid`, `file_missing`, `file_unreadable` */
async function* lines(file: string, invalid: (reason: string) => ElpisError): AsyncGenerator<Buffer> {
  const source = createReadStream(file)
  const unpacked = source.pipe(createGunzip())
  source.once('error', (error) => unpacked.destroy(error))
  let pieces: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      let from = 0
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([...pieces, chunk.subarray(from, end + 1)])
        from = end + 1
        pieces = []
        length = 0
      }
      pieces.push(chunk.subarray(from))
      length += chunk.length - from
      if (length > mostLineBytes) throw invalid('a line of it is too long')
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw elpisError('file_missing', { file })
    if (code === 'EISDIR') throw invalid('it is a folder')
    if (code === 'EACCES') throw elpisError('file_unreadable', { file })
    if (code?.startsWith('Z_') === true) throw invalid('it is cut off or damaged')
    throw error
  } finally {
    source.destroy()
  }
  if (length > 0) throw invalid('its last line is cut off')
}
