/** Settles usage and rolls it up as fast as it can; prints each record's number once it is acknowledged. Run to be killed. */
import { openStorage } from '../../src/storage/storage.ts'
import { usageRecord } from './usage-records.ts'

const [home = '', from = '0', url = ''] = process.argv.slice(2)
const { usage } = await openStorage({ home, storage: { url } })
const retention = { records: 2000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 }
let number = Number(from)
const start = 1_700_000_000_000
const at = (count: number) => start + count * 100_000
await Promise.all([
  ...Array.from({ length: 8 }, async () => {
    for (;;) {
      const mine = number++
      await usage.settle(usageRecord(mine, { at: at(mine - Number(from)) }))
      process.stdout.write(`${mine}\n`)
    }
  }),
  (async () => {
    for (;;) await usage.rollUp(at(number - Number(from)), retention)
  })(),
])
