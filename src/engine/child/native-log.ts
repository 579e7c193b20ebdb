/**
 * The native library's log. While a model is loaded the last lines are kept, to say why it could not be; afterwards the
 * log is silenced with a native function: a JavaScript one, called from a thread that the main thread waits for, would
 * never return.
 */
import koffi from 'koffi'
import { type Binding, logCallback } from './binding.ts'

/** `enum ggml_log_level`: a line that goes on has its own level. */
const level = { warning: 3, error: 4, continued: 5 } as const
const keptLines = 8

/**
 * Made before a model is loaded; `reason` gives the last 8 lines of errors and warnings for the error that is shown.
 */
export class NativeLog {
  readonly #native: Binding
  readonly #callback: bigint
  readonly #lines: string[] = []
  #last = 0

  constructor(native: Binding) {
    this.#native = native
    this.#callback = koffi.register((severity: number, text: string | null) => {
      this.#note(severity, text ?? '')
    }, koffi.pointer(logCallback))
    native.llama_log_set(this.#callback, null)
  }

  /** The last errors (or warnings, when there was no error) in one line. */
  reason(otherwise: string): string {
    return this.#lines.join('; ') || otherwise
  }

  /** To be called before anything computes. */
  silence(): void {
    this.#native.llama_log_set(this.#native.silence, null)
    koffi.unregister(this.#callback)
  }

  #note(severity: number, text: string): void {
    const wanted = severity === level.continued ? this.#last : severity
    this.#last = wanted
    if (wanted !== level.error && wanted !== level.warning) return
    const line = text.replaceAll(/\s+/g, ' ').trim()
    if (line === '' || line === '.') return
    this.#lines.push(line)
    if (this.#lines.length > keptLines) this.#lines.shift()
  }
}
