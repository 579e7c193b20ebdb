/**
 * Fills a log as fast as it can while it is counted again and again, and prints how much was counted. Run to be killed.
 */
import type { Act } from '../../src/core/acts.ts'
import { openStorage } from '../../src/storage/storage.ts'
import { acceptedRequest } from './audit-requests.ts'
import { startedAudit } from './started-audit.ts'

const [home = '', url = ''] = process.argv.slice(2)
const stores = await openStorage({ home, storage: { url } })
const audit = await startedAudit(stores, home)
const acts: readonly Act[] = [
  { kind: 'policy-changed', by: 'server', about: 'standard', details: { version: 'b', when: 'start' } },
  { kind: 'standing-changed', by: 'rob', about: 'key:1', details: { rung: 'banned' } },
  { kind: 'standing-changed', by: 'rob', about: 'key:1', details: { rung: 'banned', lifted: true } },
  { kind: 'appeal-opened', by: 'key:1', about: 'key:1', details: {} },
  { kind: 'appeal-decided', by: 'ann', about: 'key:1', details: { overturned: true } },
  { kind: 'content-read', by: 'rob', about: 'ent_1', details: { reason: 'case 7' } },
]
// As a server starts; among the others it would leave no policy in force wherever the log is cut right behind it.
await audit.acts.record({ kind: 'settings-in-force', by: 'server', about: null, details: {} })
await audit.acts.record({
  kind: 'policy-changed',
  by: 'server',
  about: 'strict',
  details: { version: 'c', when: 'start' },
})
await Promise.all([
  ...Array.from({ length: 256 }, async (_, writer) => {
    for (let number = writer; ; number++) {
      const act = acts[number % acts.length]
      if (act !== undefined) await audit.acts.record(act)
      if (number % 32 === 0) await (await acceptedRequest(audit)).close({ type: 'finished', usage: null })
    }
  }),
  (async () => {
    for (;;) {
      const { statement } = await audit.transparency.signed()
      process.stdout.write(`${statement.size}\n`)
    }
  })(),
])
