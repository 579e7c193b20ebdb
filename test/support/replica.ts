/**
 * One of several servers on one database: a process of its own with everything real but the engine, which talks until it
 * is ended. Started with a home and the address of the database; prints its own address.
 */
import { setTimeout as later } from 'node:timers/promises'
import { fakeEngine, start, text } from './fake-engine.ts'
import { startWholeServer, wholeConfig } from './whole-server.ts'

const [home = '', url = ''] = process.argv.slice(2)
const config = wholeConfig(home, { ELPIS_STORAGE_URL: url, ELPIS_GUARD_POLICY: 'open' })
const server = await startWholeServer(config, {
  openEngine: () =>
    fakeEngine({
      answer: async function* () {
        yield start(3)
        for (;;) {
          yield text('word ')
          await later(50)
        }
      },
    }),
})
await server.ready
process.stdout.write(`${server.url}\n`)
process.once('SIGTERM', () => void server.close(AbortSignal.abort()))
