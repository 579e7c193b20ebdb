import type { Principal } from '../core/principal.ts'
import type { ElpisError } from '../errors.ts'
import { barringError, bars, inForce, stricter, type Measure } from './measure.ts'
import { networkOf, NetworkTable } from './network.ts'
import { goodTargetIn, measureIn, type PackedMeasure } from './packed-measure.ts'
import type { Target, TargetKind } from './target.ts'

/** Something that runs, and what ends it. */
interface Running {
  readonly principal: Principal
  readonly domain: string | null
  readonly controller: AbortController
}

/** What was let in: `ended` is aborted the moment it may not go on. */
export interface Entered {
  readonly ended: AbortSignal
  leave(): void
}

type Named = Exclude<TargetKind, 'net'>

/**
 * All measures against one target. The only one, if it has no end, stays as the store handed it over until whom it is
 * against comes: of many measures most meet nobody.
 */
type Kept = PackedMeasure | readonly Measure[]

/**
 * Every measure that is in force, in memory, and everything that runs. Looking somebody up takes a handful of map
 * look-ups; whoever a new measure bars, what they are running ends at once.
 */
export class Register {
  readonly #now: () => number
  readonly #named: Readonly<Record<Named, Map<string, Kept>>> = {
    key: new Map(),
    person: new Map(),
    org: new Map(),
    user: new Map(),
    domain: new Map(),
  }
  readonly #networks = new NetworkTable<Kept>()
  readonly #running = new Set<Running>()
  #size = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** How many measures are kept. */
  get size(): number {
    return this.#size
  }

  /** The strictest measure in force against whoever asks; null when there is none. */
  against(principal: Principal, domain: string | null): Measure | null {
    const now = this.#now()
    const { personId, keyId, endUser, organisationId, network } = principal
    let found: Measure | null = null
    const look = (kept: Kept | undefined): void => {
      if (kept === undefined) return
      for (const measure of opened(kept)) if (inForce(measure, now)) found = stricter(found, measure)
    }
    look(this.#named.org.get(organisationId))
    if (keyId !== null) look(this.#named.key.get(keyId))
    if (personId !== null) look(this.#named.person.get(personId))
    if (endUser !== null) look(this.#named.user.get(endUser))
    if (network !== null) for (const kept of this.#networks.holding(network)) look(kept)
    for (let rest = domain; rest !== null; rest = parentOf(rest)) look(this.#named.domain.get(rest))
    return found
  }

  /** What is in force against exactly this target. */
  of(target: Target): readonly Measure[] {
    const now = this.#now()
    return opened(this.#placeOf(target)?.get() ?? []).filter((measure) => inForce(measure, now))
  }

  enter(principal: Principal, domain: string | null): Entered {
    const running = { principal, domain, controller: new AbortController() }
    this.#running.add(running)
    return { ended: running.controller.signal, leave: () => void this.#running.delete(running) }
  }

  /** As `apply`, for a measure as the store handed it over. */
  take(row: PackedMeasure): void {
    const target = this.#running.size === 0 ? goodTargetIn(row) : null
    const place = target === null ? null : this.#placeOf(target)
    if (place === null || place.get() !== undefined) return this.apply(measureIn(row))
    place.set(row)
    this.#size++
  }

  /** Takes over a measure as it is now: begins, changes or ends it. */
  apply(measure: Measure): void {
    const place = this.#placeOf(measure.target)
    const others = opened(place?.get() ?? []).filter(({ id }) => id !== measure.id)
    const stands = inForce(measure, this.#now())
    this.#put(place, stands ? [...others, measure] : others)
    if (!stands || !bars(measure.rung)) return
    for (const running of this.#running) {
      const against = this.against(running.principal, running.domain)
      if (against !== null && bars(against.rung)) this.#end(running, barringError(against))
    }
  }

  /** Forgets what is over; memory does not grow with measures that nobody meets any more. */
  forgetLapsed(): void {
    const now = this.#now()
    for (const [kind, targets] of Object.entries(this.#named) as [Named, Map<string, Kept>][]) {
      for (const [value, measures] of targets) {
        if (typeof measures === 'string' || measures.every((measure) => inForce(measure, now))) continue
        this.#put(
          this.#placeOf({ kind, value } as Target),
          measures.filter((measure) => inForce(measure, now)),
        )
      }
    }
  }

  /** Ends everything that runs. */
  endAll(error: ElpisError): void {
    for (const running of this.#running) this.#end(running, error)
  }

  #end(running: Running, error: ElpisError): void {
    this.#running.delete(running)
    running.controller.abort(error)
  }

  /** Null for a text that names no network. */
  #placeOf(target: Target): Place | null {
    if (target.kind !== 'net') return placeIn(this.#named[target.kind], target.value)
    const network = networkOf(target.value)
    return network === null ? null : placeIn(this.#networks, network)
  }

  #put(place: Place | null, measures: readonly Measure[]): void {
    if (place === null) return
    this.#size += measures.length - opened(place.get() ?? []).length
    if (measures.length === 0) place.delete()
    else place.set(measures)
  }
}

/** Where the measures against one target are kept. */
interface Place {
  get(): Kept | undefined
  set(kept: Kept): void
  delete(): void
}

function placeIn<Key>(
  table: Pick<Map<Key, Kept>, 'get'> & {
    set(key: Key, kept: Kept): unknown
    delete(key: Key): unknown
  },
  key: Key,
): Place {
  return {
    get: () => table.get(key),
    set: (kept) => void table.set(key, kept),
    delete: () => void table.delete(key),
  }
}

function opened(kept: Kept): readonly Measure[] {
  return typeof kept === 'string' ? [measureIn(kept)] : kept
}

function parentOf(domain: string): string | null {
  const dot = domain.indexOf('.')
  return dot === -1 ? null : domain.slice(dot + 1)
}
