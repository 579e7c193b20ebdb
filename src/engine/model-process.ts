/** One life of the process that holds a model: from its start to its end, once. */
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { startLockedProcess } from './locked-process.ts'
import type { Command, Report } from './protocol.ts'
import { reportSchema } from './report-schema.ts'

export interface ModelProcessOptions {
  readonly entry: URL
  /** Files and folders that it may read, besides the program itself. */
  readonly reads: readonly string[]
  /** Device files that it may use. */
  readonly devices?: readonly string[]
  readonly onReport: (report: Report) => void
  /** The process is gone. Called once, last. */
  readonly onEnd: (end: ProcessEnd) => void
}

export interface ProcessEnd {
  /** Completes the sentence "the engine stopped: …"; fit for anybody's eyes. */
  readonly reason: string
  /** The end of what it wrote to standard error; for the log only. */
  readonly detail: string
}

const longestDetail = 4096

/**
 * Starts at once; `onReport` gets each report that fits its schema, `onEnd` exactly one end with the last of standard
 * error. A report that does not fit ends the process.
 */
export class ModelProcess {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  #detail = ''
  /** Why we ended it ourselves. */
  #verdict: string | null = null

  constructor({ entry, reads, devices = [], onReport, onEnd }: ModelProcessOptions) {
    const child = startLockedProcess({ entry, reads, devices, serialization: 'advanced' })
    this.#child = child
    this.#exit = new Promise((resolve) => {
      const end = (reason: string) => {
        onEnd({ reason: this.#verdict ?? reason, detail: this.#detail.trim() })
        resolve(undefined)
      }
      child.once('error', (error) => {
        // Without a process id it never began, and there will be no exit.
        if (child.pid === undefined) end(`its process could not be started (${error.message})`)
      })
      // `close` comes when standard error has been read to its end, too.
      child.once('close', (code, signal) =>
        end(signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`),
      )
    })
    child.on('message', (message) => {
      if (this.#verdict !== null) return
      const report = reportSchema.safeParse(message)
      if (report.success) onReport(report.data)
      else this.end('its process spoke nonsense')
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#detail = (this.#detail + text).slice(-longestDetail)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  send(command: Command): void {
    // A process that is gone reports its end in another way.
    if (this.#child.connected) this.#child.send(command, () => undefined)
  }

  /** Ends the process at once, for a reason of ours. */
  end(reason: string): void {
    this.#verdict ??= reason
    this.#child.kill('SIGKILL')
  }

  /** Asks the process to end, and insists after `grace` milliseconds. Resolved when it is gone. */
  async close(grace: number): Promise<void> {
    this.#verdict ??= 'it was closed'
    this.send({ type: 'close' })
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), grace)
    await this.#exit
    clearTimeout(insist)
  }

  /** Processor time that it has used, in ticks of the kernel; null where that cannot be known. */
  processorTime(): number | null {
    if (process.platform !== 'linux' || this.#child.pid === undefined) return null
    try {
      // proc(5): after the name in parentheses, which may hold anything, utime and stime are the 12th and 13th.
      const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')
      return Number(fields?.[11]) + Number(fields?.[12])
    } catch {
      return null
    }
  }
}
