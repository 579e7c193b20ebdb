import type { Signal, Subject } from '../core/verdict.ts'
import type { Blur } from './blur.ts'
import { againstTarget, answerable, forReview, newEventId, type StandingEvent } from './event.ts'
import type { EventStore } from './store.ts'
import { targetText, type Target } from './target.ts'

interface StrikeParts {
  readonly store: EventStore
  readonly blur: Blur
  /** Told of what has been written, once it is. Awaited before the next. */
  readonly onWritten: (events: readonly StandingEvent[]) => Promise<void>
  readonly onTrouble: (error: unknown) => void
}

const flushMilliseconds = 250

/** Takes what stages tell without making them wait, and writes it together. */
export class Strikes {
  readonly #parts: StrikeParts
  #waiting: StandingEvent[] = []
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(parts: StrikeParts) {
    this.#parts = parts
  }

  signal(signal: Signal): void {
    const { at, subject, source, direction, hazard, severity, attributable, requestId, entryId } = signal
    const fingerprint = signal.fingerprint ?? null
    const note = signal.forReview === true ? forReview : null
    this.#take(
      { at, source, direction, hazard, severity, attributable, requestId, entryId, note, fingerprint },
      subject,
    )
  }

  /** A strike of which nothing is known but whom it is against. */
  against(
    target: Target,
    strike: Pick<StandingEvent, 'at' | 'source' | 'hazard' | 'severity' | 'note'>,
  ): void {
    this.#push({
      ...strike,
      ...againstTarget(target),
      id: newEventId(),
      direction: 'input',
      attributable: true,
      requestId: null,
      entryId: null,
      voidedBy: null,
    })
  }

  /** Writes what waits, and resolves when all of it has had its consequences. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const events = this.#waiting.splice(0)
    if (events.length > 0) {
      const { store, onWritten, onTrouble } = this.#parts
      this.#writing = this.#writing
        .then(async () => {
          await store.add(events)
          await onWritten(events)
        })
        .catch(onTrouble)
    }
    await this.#writing
  }

  #take(
    what: Omit<
      StandingEvent,
      'id' | 'target' | 'organisation' | 'person' | 'key' | 'endUser' | 'network' | 'voidedBy'
    >,
    subject: Subject,
  ): void {
    const { organisationId, personId, keyId, endUser, network } = subject
    this.#push({
      ...what,
      id: newEventId(),
      target: answerable(subject),
      organisation: organisationId,
      person: personId,
      key: keyId,
      endUser,
      network: network === null ? null : this.#parts.blur.network(network),
      voidedBy: null,
    })
  }

  #push(event: StandingEvent): void {
    this.#waiting.push(event)
    this.#timer ??= setTimeout(() => void this.flush(), flushMilliseconds).unref()
  }
}

/** The targets of these events, each once. */
export function targetsOf(events: readonly StandingEvent[]): Map<string, StandingEvent[]> {
  const found = new Map<string, StandingEvent[]>()
  for (const event of events) {
    const text = targetText(event.target)
    found.set(text, [...(found.get(text) ?? []), event])
  }
  return found
}
