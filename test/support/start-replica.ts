import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { connectControl, type ControlClient } from '../../src/api/control/client.ts'

export interface Replica {
  readonly url: string
  readonly pid: number
  readonly control: ControlClient
  /** `kill -9`. */
  kill(): Promise<void>
}

/** A server in a process of its own (see `replica.ts`), gone when the test ends. `database` empty: SQLite. */
export async function startReplica(home: string, database: string): Promise<Replica> {
  const script = fileURLToPath(new URL('replica.ts', import.meta.url))
  const child = spawn(process.execPath, [script, home, database], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const kill = async () => {
    child.kill('SIGKILL')
    await closed
  }
  onTestFinished(kill)
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const control = await connectControl(home)
  if (control === null) throw new Error('The replica has no control socket.')
  onTestFinished(() => control.close())
  return { url, pid: child.pid ?? 0, control, kill }
}
