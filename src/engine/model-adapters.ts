import type { ElpisError } from '../errors.ts'
import { elpisError } from '../errors.ts'
import { modelNotServed } from '../core/not-served.ts'
import type { Command, Report } from './protocol.ts'

/** An adapter (LoRA) for a model, whose file was checked already and lies in the model's folder of adapters. */
export interface AdapterFile {
  readonly name: string
  readonly path: string
  readonly digest: string
  readonly bytes: number
  /** Epoch milliseconds at which it was added. */
  readonly createdAt: number
}

interface Entry {
  readonly file: AdapterFile
  /** Never given twice in the life of a process: the cache knows computed prompts by it. */
  readonly index: number
  state: 'away' | 'loading' | 'ready' | { readonly failed: string }
  /** Requests that need it. */
  users: number
  /** Removed: nobody new gets it. */
  removed: boolean
}

/** The adapters of one model: which there are, and which its process has loaded. */
export class ModelAdapters {
  readonly #model: string
  readonly #send: (command: Command) => void
  #entries: Entry[] = []
  #next = 0
  /** The process is there to load them. */
  #present = false

  constructor(model: string, send: (command: Command) => void) {
    this.#model = model
    this.#send = send
  }

  get files(): readonly AdapterFile[] {
    return this.#entries.filter(({ removed }) => !removed).map(({ file }) => file)
  }

  /** From now on these are the adapters; what is in use stays until it is not. */
  set(files: readonly AdapterFile[]): void {
    const same = (one: AdapterFile, other: AdapterFile) =>
      one.name === other.name && one.digest === other.digest
    for (const entry of this.#entries) {
      entry.removed = !files.some((file) => same(file, entry.file))
      this.#clear(entry)
    }
    for (const file of files) {
      if (this.#entries.some((entry) => same(file, entry.file))) continue
      const entry: Entry = { file, index: this.#next++, state: 'away', users: 0, removed: false }
      this.#entries.push(entry)
      if (this.#present) this.#load(entry)
    }
  }

  /** A process is ready: it is told to load them all. */
  arrive(): void {
    this.#present = true
    for (const entry of this.#entries) this.#load(entry)
  }

  /** The process is gone. */
  depart(): void {
    this.#present = false
    for (const entry of this.#entries) entry.state = 'away'
    this.#entries = this.#entries.filter(({ removed, users }) => !removed || users > 0)
  }

  hear({ adapter, problem }: Extract<Report, { type: 'adapter' }>): void {
    const entry = this.#entries.find(({ index }) => index === adapter)
    if (entry?.state === 'loading') entry.state = problem === null ? 'ready' : { failed: problem }
  }

  /**
   * The index of an adapter, to be given back with `release`; null while it is not loaded yet.
   *
   * @throws `model_not_served`, `adapter_unusable`
   */
  take(name: string): number | null {
    const entry = this.#entries.find(({ file, removed }) => file.name === name && !removed)
    if (entry === undefined) {
      const names = this.files.map((file) => `${this.#model}+${file.name}`)
      throw modelNotServed(`${this.#model}+${name}`, [this.#model, ...names])
    }
    if (typeof entry.state === 'object') throw unusable(name, entry.state.failed)
    if (entry.state !== 'ready') return null
    entry.users++
    return entry.index
  }

  /** Whether it is still loaded: a process may have died since it was taken. */
  isReady(index: number): boolean {
    return this.#entries.some((entry) => entry.index === index && entry.state === 'ready')
  }

  release(index: number): void {
    const entry = this.#entries.find((other) => other.index === index)
    if (entry === undefined) return
    entry.users--
    this.#clear(entry)
  }

  #load(entry: Entry): void {
    entry.state = 'loading'
    this.#send({ type: 'load-adapter', adapter: entry.index, path: entry.file.path })
  }

  /** Frees what was removed and nobody uses. */
  #clear(entry: Entry): void {
    if (!entry.removed || entry.users > 0) return
    this.#entries = this.#entries.filter((other) => other !== entry)
    if (this.#present) this.#send({ type: 'unload-adapter', adapter: entry.index })
  }
}

function unusable(adapter: string, reason: string): ElpisError {
  return elpisError('adapter_unusable', { adapter, reason })
}
