import { randomUUID } from 'node:crypto'
import type { JudgedRecord } from '../stage/guard-stage.ts'
import type { KeptVerdict, VerdictStore } from './store.ts'

const bounds = { waiting: 5000, milliseconds: 1000, days: 30, most: 500_000, pruneEvery: 3_600_000 }

/**
 * Keeps verdicts for dry runs of policies, written together once a second. They are no record: the entry of each request
 * is. One write at a time: when the store does not keep up, the newest are dropped, and memory stays bounded.
 */
export class VerdictKeeper {
  readonly #store: VerdictStore
  readonly #onTrouble: (error: unknown) => void
  #waiting: KeptVerdict[] = []
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false
  #pruned = 0

  constructor(store: VerdictStore, onTrouble: (error: unknown) => void) {
    this.#store = store
    this.#onTrouble = onTrouble
  }

  keep({ at, requestId, entryId, principal, model, verdict, fingerprint }: JudgedRecord): void {
    if (this.#waiting.length >= bounds.waiting) return
    const { organisationId, keyId } = principal
    const { direction, outcome, action, hazards, scores, layer, policy } = verdict
    this.#waiting.push({
      id: `vrd_${randomUUID().replaceAll('-', '')}`,
      at,
      requestId,
      entryId,
      organisationId,
      keyId,
      model,
      direction,
      outcome,
      action,
      hazards,
      scores,
      layer,
      policy,
      fingerprint,
    })
    this.#flushSoon(at)
  }

  /** Writes all that waits, after what is under way. @param now epoch milliseconds */
  async flush(now: number): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#writing = this.#writing.then(() => this.#write(now))
    await this.#writing
  }

  /** While something is written, what waits is planned when that has ended. */
  #flushSoon(now: number): void {
    if (this.#isWriting) return
    this.#timer ??= setTimeout(() => void this.flush(now), bounds.milliseconds)
    this.#timer.unref()
  }

  async #write(now: number): Promise<void> {
    this.#isWriting = true
    const batch = this.#waiting.splice(0)
    const prune = now - this.#pruned > bounds.pruneEvery
    if (prune) this.#pruned = now
    try {
      if (batch.length > 0) await this.#store.add(batch)
      if (prune) await this.#store.prune({ before: now - bounds.days * 86_400_000, most: bounds.most })
    } catch (error) {
      this.#onTrouble(error)
    }
    this.#isWriting = false
    if (this.#waiting.length > 0) this.#flushSoon(now)
  }
}
