import type { Clock } from '../core/clock.ts'
import type { Principal } from '../core/principal.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { Signal, Subject } from '../core/verdict.ts'
import type { Blur, MarkKind } from './blur.ts'
import { againstTarget, answerable } from './event.ts'
import type { Sighting, SightingStore } from './store.ts'
import { targetText, type Target } from './target.ts'

interface SightingParts {
  readonly store: SightingStore
  readonly blur: Blur
  readonly clock: Clock
  readonly onTrouble: (error: unknown) => void
}

const day = 24 * 60 * 60 * 1000
/** Where and with what people were met is needed as long as rules and reviewers look back. */
export const keptSightings = 90 * day
/** Whoever was noted so long ago is noted again. */
const freshMilliseconds = 10 * 60 * 1000
const flushMilliseconds = 2000
/** Beyond so many nobody new is noted until the next are written: memory stays bounded. */
const mostWaiting = 20_000
const mostFresh = 200_000

/** Notes what somebody is met with, once in ten minutes and never in the way of the request. */
export class Sightings {
  readonly #parts: SightingParts
  /** When each pair of somebody and something was noted last; the oldest first. */
  readonly #fresh = new RecentMap<string, number>(mostFresh)
  #waiting: Sighting[] = []
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(parts: SightingParts) {
    this.#parts = parts
  }

  /** @param email of the person, as far as it is known */
  note(principal: Principal, email: string | null): void {
    const { network, device = null, endUser } = principal
    if (network !== null) this.#met(principal, 'network', network)
    if (device !== null) this.#met(principal, 'device', device)
    // An end user is somebody else than the person whose key asks for them.
    if (email !== null && endUser === null) this.#met(principal, 'email', email)
  }

  /** A question that something was wrong with. */
  prompt({ subject, fingerprint }: Signal): void {
    if (fingerprint != null) this.#met(subject, 'prompt', fingerprint)
  }

  /** What is known of somebody from elsewhere, such as how they pay. */
  async told(target: Target, kind: MarkKind, value: string): Promise<void> {
    const { organisation, person, key } = againstTarget(target)
    const now = this.#parts.clock.now()
    const mark = this.#parts.blur.mark(kind, value)
    const whose = { target: targetText(target), organisation, person, key }
    const sighting = { ...whose, day: now - (now % day), kind, mark, firstAt: now, lastAt: now }
    await this.#parts.store.add([sighting])
  }

  #met(subject: Subject, kind: MarkKind, value: string): void {
    const { keyId, personId, endUser, organisationId } = subject
    const now = this.#parts.clock.now()
    const name = `${keyId ?? personId ?? organisationId} ${endUser ?? ''} ${kind} ${value}`
    const before = this.#fresh.peek(name)
    if (before !== undefined && now - before < freshMilliseconds) return
    if (this.#waiting.length >= mostWaiting) return
    this.#fresh.set(name, now)
    this.#waiting.push({
      day: now - (now % day),
      target: targetText(answerable(subject)),
      organisation: organisationId,
      person: personId,
      key: keyId,
      kind,
      mark: this.#parts.blur.mark(kind, value),
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
