/** A server in miniature, to be killed: `engine-owner.ts ENTRY MODEL` prints the id of its engine's process. */
import { pathToFileURL } from 'node:url'
import { settings } from '../../src/config.ts'
import { embeddedEngine } from '../../src/engine/embedded-engine.ts'

const [entry = '', path = ''] = process.argv.slice(2)
const engine = embeddedEngine({
  models: [{ id: 'owned', path, digest: '0'.repeat(64), licence: null, createdAt: 0 }],
  settings: settings.parse({}).engine,
  queue: 1,
  entry: pathToFileURL(entry),
  log: (event) => {
    if (event.type === 'model-ready') process.stdout.write(`${engine.processId('owned')}\n`)
  },
})
