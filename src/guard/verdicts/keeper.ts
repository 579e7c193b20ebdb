import { randomUUID } from 'node:crypto'
import type { JudgedRecord } from '../stage/guard-stage.ts'
import type { KeptVerdict, VerdictStore } from './store.ts'

const bounds = { waiting: 5000, milliseconds: 1000, days: 30, most: 500_000, pruneEvery: 3_600_000 }

/**
 * Keeps verdicts for dry runs of policies, written together once a second. They are no record: the entry of each request
 * is. When the store does not keep up, the newest are dropped, and memory stays bounded.
 */
export class VerdictKeeper {
  readonly #store: VerdictStore
  readonly #onTrouble: (error: unknown) => void
  #waiting: KeptVerdict[] = []
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()
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
    this.#timer ??= setTimeout(() => void this.flush(at), bounds.milliseconds)
    this.#timer.unref()
  }

  /** @param now epoch milliseconds */
  async flush(now: number): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const batch = this.#waiting.splice(0)
    const prune = now - this.#pruned > bounds.pruneEvery
    if (prune) this.#pruned = now
    this.#writing = this.#writing.then(async () => {
      try {
        if (batch.length > 0) await this.#store.add(batch)
        if (prune) await this.#store.prune({ before: now - bounds.days * 86_400_000, most: bounds.most })
      } catch (error) {
        this.#onTrouble(error)
      }
    })
    await this.#writing
  }
}
