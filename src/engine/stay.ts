import type { ResidencyTiming } from './residency.ts'

/** A model as residency sees it. */
export interface Tenant {
  readonly id: string
  /** What it takes of memory, estimated. */
  readonly bytes: number
  /** Never made to go. */
  readonly pinned: boolean
  load(): void
  /** Resolved when its memory is free. */
  unload(): Promise<void>
}

interface Waiting {
  readonly arrival: number
  readonly letIn: () => void
}

/** A turn lasts so many times as long as loading took. */
const staysPerLoad = 4

/** Where one model is, who is with it and who waits for it. */
export class Stay {
  readonly tenant: Tenant
  /** `closing` lets nobody in and waits for those that are; `going` frees its memory. */
  place: 'out' | 'in' | 'closing' | 'going' = 'out'
  /** It failed: it takes no room, and never will. */
  gone = false
  /** When it was asked something last. */
  usedAt = performance.now()
  #inside = 0
  #waiting: Waiting[] = []
  #comingSince = 0
  /** When it was loaded; null while it is not. */
  #since: number | null = null
  #loadTime = 0
  #onGone: () => void = () => undefined

  constructor(tenant: Tenant) {
    this.tenant = tenant
  }

  /** Nobody is being answered, and nobody about to. */
  get idle(): boolean {
    return this.#inside === 0 && this.#since !== null
  }

  /** Place in the order of arrival of who waits longest; null when nobody does. */
  get firstArrival(): number | null {
    return this.#waiting[0]?.arrival ?? null
  }

  bringIn(): void {
    this.place = 'in'
    this.usedAt = this.#comingSince = performance.now()
    this.tenant.load()
    this.#admit()
  }

  begin(): void {
    // A process that was started again goes on with the turn of the one before.
    if (this.#since !== null) return
    this.#since = this.usedAt = performance.now()
    this.#loadTime = this.#since - this.#comingSince
  }

  fail(): void {
    this.gone = true
    this.place = 'in'
    this.#admit()
  }

  letIn(): void {
    this.#inside++
    this.usedAt = performance.now()
  }

  letOut(): void {
    this.#inside--
    this.usedAt = performance.now()
    if (this.place === 'closing' && this.#inside === 0) this.#go()
  }

  wait(arrival: number, signal: AbortSignal, onLeft: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error)
        return
      }
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        reject(signal.reason as Error)
        onLeft()
      }
      const waiting: Waiting = {
        arrival,
        letIn: () => {
          signal.removeEventListener('abort', leave)
          this.letIn()
          resolve()
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(waiting)
    })
  }

  /** When its turn may be ended, as `performance.now()` tells. */
  turnEnd({ leastStay, pause }: ResidencyTiming): number {
    if (this.gone) return Number.NEGATIVE_INFINITY
    if (this.#since === null) return Number.POSITIVE_INFINITY
    const full = this.#since + Math.max(leastStay, staysPerLoad * this.#loadTime)
    return this.idle ? Math.min(full, this.usedAt + pause) : full
  }

  /** Ends the turn: nobody more is let in, and when the last one is done its memory is freed. */
  close(onGone: () => void): void {
    if (this.gone) return
    this.place = 'closing'
    this.#onGone = onGone
    if (this.#inside === 0) this.#go()
  }

  /** Takes the end of the turn back, if it has not gone yet. */
  stayOn(): void {
    if (this.place !== 'closing') return
    this.place = 'in'
    this.#admit()
  }

  #go(): void {
    this.place = 'going'
    void this.tenant.unload().finally(() => {
      this.place = 'out'
      this.#since = null
      this.#onGone()
    })
  }

  #admit(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { letIn } of waiting) letIn()
  }
}
