import { canonical } from './canonical.ts'
import { openCheckpoint, type SignedCheckpoint } from './checkpoint.ts'
import { parseEntry } from './log-entry.ts'
import type { VerifierKey } from './note.ts'
import type { AuditStore } from './store.ts'
import { countsSchema, Tally, tallyRules, type Counts } from './tally.ts'
import type { Tree } from './tree.ts'

/** Few, for the server's loop stands still while they are read. */
const entriesAtOnce = 256
/** After so many entries the counts are kept: a server that starts reads no more than these and what came since. */
const keptEvery = 4096
const everyMilliseconds = 60_000

interface LogCountsParts {
  readonly store: AuditStore
  readonly tree: Tree
  readonly key: VerifierKey
  readonly onTrouble: (error: unknown) => void
}

/** What the log adds up to under a checkpoint. */
export interface Counted {
  readonly checkpoint: SignedCheckpoint
  readonly counted: Counts
}

/**
 * Adds up the log as it grows, entry by entry, each once: what was added up is kept beside the log, with the root of the
 * tree that it counts, and every server goes on from there. Kept counts of another tree, or by other rules, are left
 * alone, and all is read again.
 */
export class LogCounts {
  readonly #parts: LogCountsParts
  #tally = new Tally()
  #counted = 0
  /** How many entries the counts that are kept hold, as far as is known. */
  #kept = 0
  #last: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null

  constructor(parts: LogCountsParts) {
    this.#parts = parts
  }

  /** Counts what is there, and from time to time what comes, so that whoever asks need not wait for it. */
  start(): void {
    const count = () => void this.now().catch(this.#parts.onTrouble)
    this.#timer = setInterval(count, everyMilliseconds)
    this.#timer.unref()
    count()
  }

  /** @throws when the log has no checkpoint of this key */
  now(): Promise<Counted> {
    const turn = this.#last.catch(() => {}).then(() => this.#count())
    this.#last = turn
    return turn
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#last.catch(() => {})
  }

  async #count(): Promise<Counted> {
    const { store, key } = this.#parts
    // Before the checkpoint is read: what others kept was under one already.
    await this.#goOn()
    const { checkpoint: signed } = await store.state()
    const checkpoint = openCheckpoint(signed, key)
    if (checkpoint === null) throw new Error('The log has no checkpoint of its own.')
    while (this.#counted < checkpoint.size) {
      const end = Math.min(checkpoint.size, this.#counted + entriesAtOnce)
      for (const body of await store.bodies(this.#counted, end)) {
        const entry = parseEntry(Buffer.from(body))
        if (entry !== null) this.#tally.add(entry)
      }
      this.#counted = end
      if (end - this.#kept >= keptEvery) await this.#keep()
    }
    return { checkpoint, counted: this.#tally.counts() }
  }

  /** Takes what is kept, where that is more than was counted here. */
  async #goOn(): Promise<void> {
    const { store, tree } = this.#parts
    const kept = await store.counts(tallyRules)
    if (kept === null || kept.size <= this.#counted) return
    const counts = countsOf(kept.counts)
    if (counts === null || kept.size > (await store.state()).checkpointSize) return
    if (base64(await tree.root(kept.size)) !== kept.root) return
    this.#tally = new Tally(counts)
    this.#counted = kept.size
    this.#kept = kept.size
  }

  async #keep(): Promise<void> {
    const { store, tree, onTrouble } = this.#parts
    const [size, counts] = [this.#counted, canonical(this.#tally.counts())]
    // Where it cannot be kept, it is counted again.
    this.#kept = size
    try {
      await store.keepCounts({ rules: tallyRules, size, root: base64(await tree.root(size)), counts })
    } catch (error) {
      onTrouble(error)
    }
  }
}

function countsOf(text: string): Counts | null {
  try {
    return countsSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

function base64(root: Uint8Array): string {
  return Buffer.from(root).toString('base64')
}
