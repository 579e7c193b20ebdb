import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Kills one writer after the other (`kill -9`) in the midst of its work. @returns the ids that were acknowledged */
export async function killedWriters(place: string): Promise<string[]> {
  const script = fileURLToPath(new URL('storage-writer.ts', import.meta.url))
  const acknowledged: string[] = []
  for (const enough of [1, 200, 400]) {
    const writer = spawn(process.execPath, [script, place], { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(writer, 'close')
    createInterface({ input: writer.stdout }).on('line', (id) => {
      acknowledged.push(id)
      if (acknowledged.length >= enough) writer.kill('SIGKILL')
    })
    await closed
  }
  return acknowledged
}
