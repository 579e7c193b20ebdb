/**
 * Which models are in memory. A model is loaded when somebody asks for it and stays until others need its room. Two that
 * do not fit together take turns, and a turn is long: at least `leastStay`, and several times as long as loading took, so
 * that most of the time goes into answers. Whose turn ends finishes what it let in; whoever comes later waits for its next
 * turn. Turns are given in order of arrival, so nobody waits for ever.
 */
import { Stay, type Tenant } from './stay.ts'

export interface ResidencyOptions {
  /** Bytes that all models may take together. */
  readonly budget: number
  /** Milliseconds that a model stays although nobody asks it anything; null is for ever. */
  readonly keepAlive: number | null
  readonly timing?: Partial<ResidencyTiming>
}

/** In milliseconds. */
export interface ResidencyTiming {
  /** How long a turn is at least while others wait for one. */
  readonly leastStay: number
  /** A model that nobody has asked for so long gives way before its turn is over. */
  readonly pause: number
}

/** Whoever decides which models are in memory, as one of them sees it. */
export interface House {
  /** Resolved when the model may be used; `leave` must follow. */
  enter(signal: AbortSignal): Promise<void>
  leave(): void
  loaded(): void
  failed(): void
}

const defaultTiming: ResidencyTiming = { leastStay: 5000, pause: 500 }

/**
 * Models are made known by `add`; each request calls `enter` and, when done, `leave`. `budget` is in bytes,
 * `keepAlive` in milliseconds (null: idle models stay).
 */
export class Residency {
  readonly #budget: number
  readonly #keepAlive: number
  readonly #timing: ResidencyTiming
  readonly #stays = new Map<string, Stay>()
  #timer: NodeJS.Timeout | null = null
  #arrivals = 0
  #closed = false

  constructor({ budget, keepAlive, timing }: ResidencyOptions) {
    this.#budget = budget
    this.#keepAlive = keepAlive ?? Number.POSITIVE_INFINITY
    this.#timing = { ...defaultTiming, ...timing }
  }

  /** Bytes of the budget that are taken. */
  get taken(): number {
    return this.#sum([...this.#stays.values()].filter(({ place }) => place !== 'out'))
  }

  /** Makes a model known. Those that fit beside the ones before them are loaded at once. */
  add(tenant: Tenant): void {
    const stay = new Stay(tenant)
    this.#stays.set(tenant.id, stay)
    if (tenant.bytes <= this.#budget - this.taken) stay.bringIn()
  }

  /**
   * Resolved when the model is in memory, or on its way there, and stays for this request. `leave` must follow.
   *
   * @throws the reason of `signal`
   */
  enter(id: string, signal: AbortSignal): Promise<void> {
    const stay = this.#of(id)
    if (stay.place === 'in') {
      stay.letIn()
      return Promise.resolve()
    }
    const wait = stay.wait(this.#arrivals++, signal, () => this.#arrange())
    this.#arrange()
    return wait
  }

  leave(id: string): void {
    this.#of(id).letOut()
    this.#arrange()
  }

  /** It was loaded: its turn begins. */
  loaded(id: string): void {
    const stay = this.#of(id)
    stay.begin()
    this.#arrange()
  }

  /** It cannot be loaded, and takes no room any more: whoever asks for it is let in to hear why. */
  failed(id: string): void {
    this.#of(id).fail()
    this.#arrange()
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #of(id: string): Stay {
    const stay = this.#stays.get(id)
    if (stay === undefined) throw new Error(`There is no model ${id} in the house.`)
    return stay
  }

  /** Does what can be done now, and sets a timer for what can be done later. */
  #arrange(): void {
    if (this.#closed) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const later = Math.min(this.#giveTurns(), this.#sendIdleAway())
    if (later !== Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(() => this.#arrange(), Math.max(1, Math.ceil(later))).unref()
  }

  /** @returns milliseconds until a turn is over that somebody waits for */
  #giveTurns(): number {
    const all = [...this.#stays.values()]
    const waiting = all
      .filter(({ place, firstArrival }) => place !== 'in' && firstArrival !== null)
      .sort((left, right) => left.firstArrival! - right.firstArrival!)
    const wanted = waiting.filter(({ place }) => place === 'out')
    // Nobody needs the room any more: what was asked to go may stay.
    if (wanted.length === 0) for (const stay of all) stay.stayOn()
    for (const stay of wanted) {
      const free = this.#budget - this.taken
      if (stay.tenant.bytes <= free) {
        stay.bringIn()
        continue
      }
      const going = all.filter(({ place }) => place === 'closing' || place === 'going')
      // Who waits behind does not overtake.
      return this.#endTurns(stay.tenant.bytes - free - this.#sum(going))
    }
    return Number.POSITIVE_INFINITY
  }

  /** Ends turns for so many bytes, the least recently used first, once all of those that it takes may end. */
  #endTurns(bytes: number): number {
    const candidates = [...this.#stays.values()]
      .filter(({ place, tenant, gone }) => place === 'in' && !tenant.pinned && !gone)
      .sort((left, right) => left.usedAt - right.usedAt)
    const ending: Stay[] = []
    for (const stay of candidates) {
      if (this.#sum(ending) >= bytes) break
      ending.push(stay)
    }
    const now = performance.now()
    const until = ending.map((stay) => stay.turnEnd(this.#timing) - now)
    const longest = Math.max(0, ...until)
    if (longest > 0) return longest
    for (const stay of ending) this.#end(stay)
    return Number.POSITIVE_INFINITY
  }

  #end(stay: Stay): void {
    stay.close(() => this.#arrange())
  }

  /** @returns milliseconds until the next model was idle for long enough */
  #sendIdleAway(): number {
    let next = Number.POSITIVE_INFINITY
    for (const stay of this.#stays.values()) {
      if (stay.place !== 'in' || !stay.idle || stay.tenant.pinned || stay.gone) continue
      const left = stay.usedAt + this.#keepAlive - performance.now()
      if (left <= 0) this.#end(stay)
      else next = Math.min(next, left)
    }
    return next
  }

  #sum(stays: readonly Stay[]): number {
    return stays.reduce((sum, { tenant, gone }) => sum + (gone ? 0 : tenant.bytes), 0)
  }
}
