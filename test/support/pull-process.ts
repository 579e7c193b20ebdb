/** Pulls in a process of its own that can be told to die: `pull-process.ts STORE REFERENCE [EVENT COUNT]`. */
import { pull } from '../../src/weights/pull/pull.ts'
import { openStore } from '../../src/weights/store.ts'
import { shortLimits } from './pull-bench.ts'

const [folder = '', reference = '', event = '', count = '1'] = process.argv.slice(2)
let seen = 0
const { outcome, manifest } = await pull(reference, {
  store: openStore(folder),
  acceptLicence: async () => true,
  environment: {},
  // Servers of these tests hold answers back on purpose.
  limits: { ...shortLimits, stall: 20_000, answer: 20_000 },
  onProgress(told) {
    if (told.type === event && ++seen === Number(count)) process.kill(process.pid, 'SIGKILL')
    process.stdout.write(`${told.type}\n`)
  },
})
process.stdout.write(`${outcome} ${manifest.digest}\n`)
