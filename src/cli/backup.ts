import { resolve } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { writeBackup } from '../storage/backup/write-backup.ts'
import { defineCommand } from './command.ts'
import { version } from './version.ts'

export const backup = defineCommand({
  name: 'backup',
  summary: 'Write all that the database holds, and the files beside it, into one file.',
  usage: 'FILE',
  details:
    'Works while servers run, and they go on meanwhile: the file shows one moment. It fits SQLite and Postgres alike. It holds hashes of keys, never keys, and what people left here: keep it as safe as the database. elpis.toml, the *.key files of the home and the weights are not in it: keep log.key and subjects.key as well.',
  examples: ['elpis backup /var/backups/elpis.backup', 'elpis backup elpis.backup --force --json'],
  positionals: [1, 1],
  options: { force: { type: 'boolean', description: 'Replace a file that is there already.' } },
  async run({ positionals: [file = ''], options: { force = false }, config, json, signal, terminal }) {
    const made = await writeBackup({
      place: config(),
      file: resolve(file),
      force,
      version,
      now: systemClock.now(),
      signal,
    })
    if (json) terminal.print(JSON.stringify(made))
    else {
      terminal.print(`${made.rows} rows and ${made.files} files are in ${made.file}.`)
      terminal.print(
        `Keep log.key and subjects.key of ${config().home} as well, apart from it: they are not in it.`,
      )
    }
  },
})
