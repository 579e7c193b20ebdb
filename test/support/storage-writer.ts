/** Inserts keys as fast as it can and prints the id of each once it is acknowledged. Run to be killed. */
import { openStorage } from '../../src/storage/storage.ts'
import { storedKey } from './stored.ts'

const { keys } = await openStorage({ home: process.argv[2] ?? '' })
let count = 0
await Promise.all(
  Array.from({ length: 16 }, async () => {
    for (;;) {
      const key = storedKey(`${process.pid}-${count++}`)
      await keys.insert(key)
      process.stdout.write(`${key.id}\n`)
    }
  }),
)
