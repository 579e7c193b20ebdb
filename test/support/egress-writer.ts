/**
 * Counts bytes as fast as it can and writes them down now and then; prints how many it will have counted, `counting N`, and
 * how many of them are written, `written N`. Run to be killed.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { openStorage } from '../../src/storage/storage.ts'
import { sharedEgress } from './shared-egress.ts'

const [home = '', url = ''] = process.argv.slice(2)
/** Resolves when it is out: what still waits in this process, because nobody reads, ends with it. */
const say = (line: string) => new Promise((resolve) => process.stdout.write(`${line}\n`, resolve))
const { egress: store } = await openStorage({ home, storage: { url } })
const { egress, ledger } = sharedEgress(store)
await ledger.start()
let counted = 0
async function count(): Promise<never> {
  for (;;) {
    await say(`counting ${counted + 1000}`)
    egress.count(`key_${(counted / 1000) % 7}`, 1000)
    counted += 1000
    await turn()
  }
}
async function write(): Promise<never> {
  for (;;) {
    const sure = counted
    await ledger.exchange()
    await say(`written ${sure}`)
  }
}
await Promise.all([count(), write()])
