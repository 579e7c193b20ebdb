/**
 * Accepts and answers requests as fast as it can, and prints what it acknowledged: `open ID`, `done ID`, and every
 * checkpoint that it published. Run to be killed.
 */
import { openStorage } from '../../src/storage/storage.ts'
import { acceptedRequest } from './audit-requests.ts'
import { startedAudit } from './started-audit.ts'

const [home = '', url = ''] = process.argv.slice(2)
const stores = await openStorage({ home, storage: { url } })
const audit = await startedAudit(stores, home, { alone: url === '' })
const say = (line: string) => process.stdout.write(`${line}\n`)
const checkpoints = setInterval(() => {
  void audit.log.checkpoint().then((note) => say(`checkpoint ${Buffer.from(note).toString('base64')}`))
}, 50)
checkpoints.unref()
await Promise.all(
  Array.from({ length: 32 }, async () => {
    for (;;) {
      const entry = await acceptedRequest(audit)
      say(`open ${entry.id}`)
      entry.released({ type: 'text-delta', choice: 0, text: 'yes', tokens: 1, logprobs: null })
      await entry.close({ type: 'finished', usage: null })
      say(`done ${entry.id}`)
    }
  }),
)
