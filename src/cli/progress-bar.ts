/** A line that shows how far something is: redrawn in place on a terminal, a plain line every few seconds elsewhere. */
import { formatBytes } from '../weights/quantity.ts'

export interface ProgressOutput {
  write(text: string): void
  readonly interactive: boolean
  readonly columns: number
}

const redrawMilliseconds = 100
const plainMilliseconds = 5_000
/** The rate shown is that of the last seconds: what is left depends on the network now, not on how it began. */
const windowMilliseconds = 5_000

/** Shows the progress of one thing at a time. */
export class ProgressBar {
  readonly #output: ProgressOutput
  readonly #now: () => number
  #samples: { at: number; bytes: number }[] = []
  #drawnAt = -Infinity
  #open = false

  constructor(output: ProgressOutput, now: () => number = () => performance.now()) {
    this.#output = output
    this.#now = now
  }

  /** Shows `done` of `total` bytes (null: unknown). Cheap to call for every chunk. */
  show(label: string, done: number, total: number | null): void {
    const now = this.#now()
    if (done < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = []
    this.#samples.push({ at: now, bytes: done })
    const { interactive } = this.#output
    const finished = done === total
    const due = now - this.#drawnAt >= (interactive ? redrawMilliseconds : plainMilliseconds)
    if (!due && !(finished && interactive)) return
    this.#samples = this.#samples.filter(({ at }) => now - at <= windowMilliseconds)
    this.#drawnAt = now
    if (interactive) {
      this.#output.write(`\r\u001B[K${this.#line(label, done, total)}`)
      this.#open = true
    } else {
      this.#output.write(`${this.#line(label, done, total)}\n`)
    }
  }

  /** Writes a line of its own, above the bar. */
  note(text: string): void {
    this.clear()
    this.#output.write(`${text}\n`)
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#open) this.#output.write('\r\u001B[K')
    this.#open = false
    this.#drawnAt = -Infinity
  }

  #line(label: string, done: number, total: number | null): string {
    const rate = this.#rate()
    const speed = rate === null ? '' : `  ${formatBytes(Math.round(rate))}/s`
    if (total === null) return `  ${label}  ${formatBytes(done)}${speed}`
    const percent = `${Math.floor((100 * done) / total)}%`.padStart(4)
    const left =
      rate === null || rate < 1 || done === total ? '' : `  ${duration((total - done) / rate)} left`
    const text = `${formatBytes(done)} of ${formatBytes(total)}${speed}${left}`
    const room = this.#output.columns - label.length - text.length - 12
    if (!this.#output.interactive || room < 10) return `  ${label} ${percent}  ${text}`
    const width = Math.min(room, 30)
    const filled = Math.round((width * done) / total)
    return `  ${label} ${percent}  ${'━'.repeat(filled)}${'─'.repeat(width - filled)}  ${text}`
  }

  /** Bytes per second over the window; null before there is anything to tell. */
  #rate(): number | null {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.at - first.at < 200) return null
    return (1000 * (last.bytes - first.bytes)) / (last.at - first.at)
  }
}

/** Seconds for people: `4 s`, `2 min 5 s`, `1 h 12 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
