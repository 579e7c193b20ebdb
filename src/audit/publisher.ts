import { formatCheckpoint } from './checkpoint.ts'
import type { SignerKey } from './note.ts'
import { signNote } from './note.ts'
import type { AuditStore, LogState } from './store.ts'
import type { Tree } from './tree.ts'

/** How long after an entry a checkpoint that holds it is signed, at most. */
const publishMilliseconds = 1000

/** Asks witnesses to sign a checkpoint. @returns the signature lines that came */
export type Cosigning = (signed: string, size: number) => Promise<string>

interface PublisherParts {
  readonly store: AuditStore
  readonly tree: Tree
  readonly key: SignerKey
  readonly cosign: Cosigning
  readonly onTrouble: (error: unknown) => void
}

/**
 * Signs the tree as it grows. What is signed is durable already, so that no crash can lead to a checkpoint that the log
 * does not hold to; of several servers each signs what it sees, which is always a beginning of what comes.
 */
export class Publisher {
  readonly #parts: PublisherParts
  #timer: NodeJS.Timeout | null = null
  #last: Promise<unknown> = Promise.resolve()
  /** Has not begun, so that it will see all that is sealed now. */
  #next: Promise<LogState> | null = null
  #stopped = false

  constructor(parts: PublisherParts) {
    this.#parts = parts
  }

  /** Something was sealed: a checkpoint of it follows soon. */
  soon(): void {
    if (this.#timer !== null || this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.now().catch(this.#parts.onTrouble)
    }, publishMilliseconds)
    this.#timer.unref()
  }

  /** Signs what is sealed and not signed yet. @returns the log as it stands then */
  now(): Promise<LogState> {
    this.#next ??= this.#last
      .catch(() => {})
      .then(() => {
        this.#next = null
        return this.#publish()
      })
    this.#last = this.#next
    return this.#next
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.now().catch(this.#parts.onTrouble)
  }

  async #publish(): Promise<LogState> {
    const { store, tree, key, cosign } = this.#parts
    const state = await store.state()
    const { size } = state
    if (state.checkpoint !== '' && state.checkpointSize >= size) return state
    await tree.fill(size)
    const signed = signNote(formatCheckpoint({ origin: key.name, size, root: await tree.root(size) }), key)
    if (!(await store.publish(size, signed))) return await store.state()
    void this.#witnessed(signed, size, cosign)
    return { ...state, checkpointSize: size, checkpoint: signed }
  }

  /** Beside the rest: a witness that is slow or gone delays nothing. */
  async #witnessed(signed: string, size: number, cosign: Cosigning): Promise<void> {
    try {
      const lines = await cosign(signed, size)
      if (lines !== '') await this.#parts.store.publish(size, signed + lines)
    } catch (error) {
      this.#parts.onTrouble(error)
    }
  }
}
