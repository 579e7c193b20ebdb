import type { KeyId } from '../core/ids.ts'
import type { KeyInfo } from './access.ts'
import type { KeyStore } from './store.ts'

const flushMilliseconds = 5000

/** When each key was last used: noted in memory, written in batches, so that no request waits for it. */
export class KeyUses {
  readonly #store: Pick<KeyStore, 'recordUses'>
  #unwritten = new Map<KeyId, number>()
  #timer: NodeJS.Timeout | null = null

  constructor(store: Pick<KeyStore, 'recordUses'>) {
    this.#store = store
  }

  note(id: KeyId, at: number): void {
    this.#unwritten.set(id, at)
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => void this.#flush().catch(() => {}), flushMilliseconds)
    this.#timer.unref()
  }

  lastUse({ id, lastUsedAt }: KeyInfo): number | null {
    return this.#unwritten.get(id) ?? lastUsedAt
  }

  /** Writes what is noted. What cannot be written is lost: the time of a use is no evidence of anything. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#flush().catch(() => {})
  }

  async #flush(): Promise<void> {
    this.#timer = null
    if (this.#unwritten.size === 0) return
    const uses = [...this.#unwritten].map(([id, at]) => ({ id, at }))
    this.#unwritten = new Map()
    await this.#store.recordUses(uses)
  }
}
