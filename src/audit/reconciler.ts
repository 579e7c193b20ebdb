import type { Acts } from '../core/acts.ts'
import type { Clock } from '../core/clock.ts'
import type { Journal } from './journal.ts'
import { draftSchema, requestLeaf } from './log-entry.ts'
import { interrupted } from './record.ts'
import type { AuditStore } from './store.ts'

const beatMilliseconds = 5000
/** A server that said nothing for so long, by this server's own stopwatch, is gone: clocks of two machines are never compared. */
const goneMilliseconds = 30_000
const rowsAtOnce = 256

interface ReconcilerParts {
  readonly store: AuditStore
  readonly journal: Journal
  readonly acts: Acts
  readonly clock: Clock
  readonly replica: string
  readonly onTrouble: (error: unknown) => void
}

/** Closes the entries of servers that died. Should one only have slept, its own closing comes too late and changes nothing. */
export class Reconciler {
  readonly #parts: ReconcilerParts
  readonly #seen = new Map<string, { readonly beat: number; readonly at: number }>()
  #timer: NodeJS.Timeout | null = null

  constructor(parts: ReconcilerParts) {
    this.#parts = parts
  }

  /** @param alone no other server can be alive */
  async start(alone: boolean): Promise<void> {
    const { store, replica, onTrouble } = this.#parts
    const all = await store.beat(replica)
    if (alone) {
      await this.#reconcile(null)
      await store.bury(all.flatMap((other) => (other.replica === replica ? [] : [other.replica])))
      return
    }
    await this.#look()
    this.#timer = setInterval(() => void this.#look().catch(onTrouble), beatMilliseconds)
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    const { store, replica } = this.#parts
    const now = performance.now()
    const gone: string[] = []
    for (const other of await store.beat(replica)) {
      const seen = this.#seen.get(other.replica)
      if (seen?.beat !== other.beat) this.#seen.set(other.replica, { beat: other.beat, at: now })
      else if (other.replica !== replica && now - seen.at > goneMilliseconds) gone.push(other.replica)
    }
    for (const other of gone) {
      await this.#reconcile(other)
      this.#seen.delete(other)
    }
    await store.bury(gone)
  }

  async #reconcile(of: string | null): Promise<void> {
    const { store, journal, acts, clock } = this.#parts
    let closed = 0
    for (;;) {
      const rows = await store.opened(of, rowsAtOnce)
      if (rows.length === 0) break
      await Promise.all(
        rows.map((row) => {
          const draft = draftSchema.parse(JSON.parse(row.draft))
          return journal.append(requestLeaf(row, interrupted(draft, clock.now())))
        }),
      )
      closed += rows.length
    }
    if (closed === 0) return
    await acts.record({ kind: 'server-reconciled', by: 'server', about: null, details: { requests: closed } })
  }
}
