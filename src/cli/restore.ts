import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { connectControl } from '../api/control/client.ts'
import { lockHome } from '../api/control/home-lock.ts'
import { systemClock } from '../core/clock.ts'
import { elpisError } from '../errors.ts'
import type { BackupSummary } from '../storage/backup/format.ts'
import { readBackup } from '../storage/backup/read-backup.ts'
import { restoreBackup } from '../storage/backup/restore.ts'
import { defineCommand } from './command.ts'

export const restore = defineCommand({
  name: 'restore',
  summary: 'Put a backup in the place of the database.',
  usage: 'FILE',
  details:
    'No server may run on the database meanwhile. A backup from SQLite fits into Postgres and the other way round, and one of an older version is brought up to date. It is checked to its end before anything is touched.',
  examples: ['elpis restore elpis.backup --check', 'elpis restore elpis.backup --force'],
  positionals: [1, 1],
  options: {
    force: { type: 'boolean', description: 'Replace all that the database holds.' },
    check: { type: 'boolean', description: 'Only check the file.' },
  },
  async run({ positionals: [name = ''], options: { force = false, check = false }, config, json, terminal }) {
    const file = resolve(name)
    const say = (done: string, summary: BackupSummary) => {
      const { rows, files, madeAt } = summary
      const made = new Date(madeAt).toISOString()
      if (json) terminal.print(JSON.stringify({ ...summary, restored: !check }))
      else terminal.print(`${done}: ${rows} rows and ${files} files, as they were at ${made}.`)
    }
    if (check) {
      say('Sound', await readBackup(file, {}))
      return
    }
    const { home, storage } = config()
    await mkdir(home, { recursive: true, mode: 0o700 })
    const unlock = lockHome(home)
    if (unlock === null) throw await inUse(home)
    try {
      say('Restored', await restoreBackup({ place: { home, storage }, file, force, now: systemClock.now() }))
      // Whatever opens the log next makes the keys that it does not find, and those fit nothing.
      const missing = ['log.key', 'subjects.key'].filter((key) => !existsSync(join(home, key)))
      if (missing.length > 0 && !json)
        terminal.print(
          `Bring ${missing.join(' and ')} of the home it came from to ${home} before anything else.`,
        )
    } finally {
      unlock()
    }
  },
})

async function inUse(home: string) {
  const server = await connectControl(home).catch(() => null)
  await server?.close()
  return elpisError('home_in_use', { holder: `process ${server?.status.pid ?? 'unknown'}`, home })
}
