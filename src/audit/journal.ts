import { setTimeout as pause } from 'node:timers/promises'
import { asElpisError, elpisError, type ElpisError } from '../errors.ts'
import { gathered } from './gathered.ts'
import type { AuditStore, NewLeaf, OpenRow } from './store.ts'

/** Entries of one transaction. */
const batchSize = 512
/** Entries that wait to be sealed, because the database fails, before nothing new is accepted. */
const mostUnsealed = 20_000
const retryMilliseconds = 250
/** How long the end of an answer waits for its entry. */
const patienceMilliseconds = 2000

/** Writes entries many at a time, and never loses one: what cannot be sealed now is tried until it can. */
export class Journal {
  readonly #openGathered: (row: OpenRow) => Promise<unknown>
  readonly #sealGathered: (leaf: NewLeaf) => Promise<number | null>
  readonly #unsealed = new Set<Promise<unknown>>()
  readonly #onSealed: () => void
  #closing = false

  constructor(store: AuditStore, onSealed: () => void) {
    this.#onSealed = onSealed
    this.#openGathered = gathered(async (rows: readonly OpenRow[]) => {
      await store.open(rows)
      return rows
    }, batchSize)
    this.#sealGathered = gathered((leaves: readonly NewLeaf[]) => store.seal(leaves), batchSize)
  }

  /**
   * Durable when it resolves.
   *
   * @throws `audit_unavailable`
   */
  async open(row: OpenRow): Promise<void> {
    if (this.#unsealed.size > mostUnsealed) {
      throw unavailable(`${this.#unsealed.size} entries wait to be written`)
    }
    try {
      await this.#openGathered(row)
    } catch (error) {
      throw unavailable(reasonOf(error))
    }
  }

  /** Seals an entry that was opened; waits for it a little, and goes on trying after that. */
  async close(leaf: NewLeaf): Promise<void> {
    const sealed = this.#sealSurely(leaf)
    this.#unsealed.add(sealed)
    void sealed.finally(() => this.#unsealed.delete(sealed))
    let patience: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      patience = setTimeout(resolve, patienceMilliseconds)
    })
    await Promise.race([sealed, enough])
    clearTimeout(patience)
  }

  /**
   * Seals an entry that was never open. Durable when it resolves.
   *
   * @throws `audit_unavailable`
   */
  async append(leaf: NewLeaf): Promise<void> {
    try {
      await this.#sealGathered(leaf)
    } catch (error) {
      throw unavailable(reasonOf(error))
    }
    this.#onSealed()
  }

  /** Waits for what is being written; what still fails stays open, and is closed at the next start. */
  async end(): Promise<void> {
    this.#closing = true
    await Promise.all(this.#unsealed)
  }

  async #sealSurely(leaf: NewLeaf): Promise<void> {
    for (;;) {
      try {
        await this.#sealGathered(leaf)
        this.#onSealed()
        return
      } catch {
        if (this.#closing) return
        await pause(retryMilliseconds, null, { ref: false })
      }
    }
  }
}

function unavailable(reason: string): ElpisError {
  return elpisError('audit_unavailable', { reason })
}

function reasonOf(error: unknown): string {
  const known = asElpisError(error)
  return known.code === 'internal' ? 'its database failed' : known.message.replace(/\.$/, '')
}
