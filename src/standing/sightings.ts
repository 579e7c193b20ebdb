import type { Clock } from '../core/clock.ts'
import type { Principal } from '../core/principal.ts'
import type { Blur } from './blur.ts'
import { answerable } from './event.ts'
import type { Sighting, SightingStore } from './store.ts'
import { targetText } from './target.ts'

interface SightingParts {
  readonly store: SightingStore
  readonly blur: Blur
  readonly clock: Clock
  readonly onTrouble: (error: unknown) => void
}

const day = 24 * 60 * 60 * 1000
/** Whoever was noted so long ago is noted again. */
const freshMilliseconds = 10 * 60 * 1000
const flushMilliseconds = 2000
/** Beyond so many nobody new is noted until the next are written: memory stays bounded. */
const mostWaiting = 20_000
const mostFresh = 200_000

/** Notes from where somebody asks, once in ten minutes and never in the way of the request. */
export class Sightings {
  readonly #parts: SightingParts
  /** When each pair of somebody and an address was noted last; the oldest first. */
  readonly #fresh = new Map<string, number>()
  #waiting: Sighting[] = []
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(parts: SightingParts) {
    this.#parts = parts
  }

  note(principal: Principal): void {
    const { keyId, personId, endUser, organisationId, network } = principal
    if (network === null) return
    const now = this.#parts.clock.now()
    const name = `${keyId ?? personId ?? organisationId} ${endUser ?? ''} ${network}`
    const before = this.#fresh.get(name)
    if (before !== undefined && now - before < freshMilliseconds) return
    if (this.#waiting.length >= mostWaiting) return
    this.#fresh.delete(name)
    this.#fresh.set(name, now)
    if (this.#fresh.size > mostFresh) this.#fresh.delete(this.#fresh.keys().next().value ?? '')
    this.#waiting.push({
      day: now - (now % day),
      target: targetText(answerable(principal)),
      organisation: organisationId,
      person: personId,
      key: keyId,
      kind: 'network',
      mark: this.#parts.blur.network(network),
      firstAt: now,
      lastAt: now,
    })
    this.#timer ??= setTimeout(() => void this.flush(), flushMilliseconds).unref()
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const sightings = this.#waiting.splice(0)
    if (sightings.length > 0) {
      const { store, onTrouble } = this.#parts
      this.#writing = this.#writing.then(() => store.add(sightings)).catch(onTrouble)
    }
    await this.#writing
  }
}
