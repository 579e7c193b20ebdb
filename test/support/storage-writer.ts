/**
 * Inserts keys as fast as it can and prints the id of each once it is acknowledged. Run to be killed, with a home, or
 * with the address of a Postgres database.
 */
import { openStorage } from '../../src/storage/storage.ts'
import { storedKey } from './stored.ts'

const place = process.argv[2] ?? ''
const { keys } = await openStorage(
  place.startsWith('postgres://') ? { home: '/nowhere', storage: { url: place } } : { home: place },
)
let count = 0
await Promise.all(
  Array.from({ length: 16 }, async () => {
    for (;;) {
      const key = storedKey(`${process.pid}-${count++}`)
      await keys.insert(key, null)
      process.stdout.write(`${key.id}\n`)
    }
  }),
)
