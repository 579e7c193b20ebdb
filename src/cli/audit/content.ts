/** What the owner of the machine does about what people said: erase it, delete what is too old, copy the log. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beginLogExport, exportTile } from '../../api/log/exporting.ts'
import { eraseContent } from '../../api/standing/stopping.ts'
import { parseEntry } from '../../audit/log-entry.ts'
import { parseBundle, parseTilePath, tilePath, tileWidth } from '../../audit/tile.ts'
import { elpisError } from '../../errors.ts'
import { defineCommand } from '../command.ts'
import { exporting, exportOptions, saidToWait } from '../export-client.ts'
import { perform } from '../standing-client.ts'
import { withAudit } from './with-audit.ts'

export const erase = defineCommand({
  name: 'erase',
  summary: "Destroy a person's key: what they said is gone, and the log still verifies.",
  usage: 'SUBJECT',
  details:
    'Stored answers, files and batches go with it. SUBJECT is key:ID, person:ID, user:ORGANISATION:USER or organisation:ID. It cannot be undone. Backups made before still hold the key: let them expire. With `standing.two_people` it is done once a second person says `elpis shutdown confirm`.',
  examples: ['elpis audit erase person:person_3kTMd9XwLq0Z', 'elpis audit erase key:key_3kTMd9XwLq0ZbR7c'],
  positionals: [1, 1],
  options: { reason: exportOptions.reason },
  async run({ options: { reason }, positionals: [subject = ''], config, json, terminal }) {
    const { proposal } = await perform(config(), eraseContent, { subject, reason })
    if (saidToWait(proposal, json, terminal)) return
    terminal.print(json ? JSON.stringify({ erased: subject }) : `What ${subject} said is gone.`)
  },
})

export const retain = defineCommand({
  name: 'retain',
  summary:
    'Delete content whose time is over now; a running server does so every hour, and all else with it.',
  examples: ['elpis audit retain'],
  async run({ config, json, terminal }) {
    const deleted = await withAudit(config(), ({ contents }) => contents.prune())
    terminal.print(json ? JSON.stringify({ deleted }) : `${deleted} deleted.`)
  },
})

export const exportLog = defineCommand({
  name: 'export',
  summary: 'Print all entries, a line of JSON each; or write a table, or a copy of the whole log.',
  details:
    'The copy is laid out as c2sp.org/tlog-tiles has it, so that any such client, and `elpis audit verify log FOLDER`, can check it. With `standing.two_people` a second person says `elpis shutdown confirm` first; then name the proposal.',
  examples: [
    'elpis audit export > entries.jsonl',
    'elpis audit export --format parquet --out entries.parquet',
    'elpis audit export --copy /mnt/usb/log',
  ],
  options: {
    copy: { type: 'string', value: 'FOLDER', description: 'Where to write checkpoint, tiles and entries.' },
    format: { type: 'string', value: 'FORMAT', description: 'jsonl (the default) or parquet.' },
    out: { type: 'string', value: 'FILE', description: 'Where to write a table; needed for parquet.' },
    ...exportOptions,
  },
  async run({ options: { copy, format = 'jsonl', out, reason, proposal }, config, json, terminal }) {
    const parquet = format === 'parquet'
    if (
      (format !== 'jsonl' && !parquet) ||
      parquet !== (out !== undefined) ||
      (parquet && copy !== undefined)
    ) {
      throw elpisError('usage', {
        problem: 'It must be said what to write, and where.',
        suggestion: '`elpis audit export --format parquet --out entries.parquet`',
      })
    }
    const to = parquet ? 'parquet' : copy === undefined ? 'lines' : 'copy'
    const waiting = await exporting(config(), { what: 'log', reason, proposal }, async (perform) => {
      const permit = { proposal: proposal ?? null }
      const { checkpoint, tiles } = await perform(beginLogExport, { to, ...permit })
      const table = out === undefined ? null : new (await import('../../audit/parquet.ts')).ParquetLog(out)
      if (copy !== undefined) await put(join(copy, 'checkpoint'), checkpoint)
      for (const tile of tiles) {
        const name = parseTilePath(tile)
        if (name === null || (copy === undefined && name.level !== 'entries')) continue
        const bytes = Buffer.from((await perform(exportTile, { tile, ...permit })).bytes, 'base64')
        if (copy !== undefined) await put(join(copy, 'tile', tilePath(name)), bytes)
        else {
          for (const [place, bytesOfEntry] of (parseBundle(bytes, name.width) ?? []).entries()) {
            const entry = table === null ? null : parseEntry(bytesOfEntry)
            if (table === null) terminal.print(bytesOfEntry.toString())
            else if (entry !== null) await table.add(entry, name.index * tileWidth + place)
          }
        }
      }
      if (table !== null && out !== undefined) {
        const entries = await table.finish()
        terminal.print(json ? JSON.stringify({ file: out, entries }) : `${entries} entries in ${out}.`)
      }
      if (copy !== undefined) {
        terminal.print(
          json ? JSON.stringify({ folder: copy, tiles: tiles.length }) : `${tiles.length} tiles in ${copy}.`,
        )
      }
    })
    saidToWait(waiting, json, terminal)
  },
})

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}
