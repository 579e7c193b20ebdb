import { createHmac, randomBytes } from 'node:crypto'
import type { Signal, Subject } from '../core/verdict.ts'
import { answerable, type StandingEvent } from './event.ts'
import type { EventStore } from './store.ts'
import { targetText, type Target } from './target.ts'

interface StrikeParts {
  readonly store: EventStore
  /** Blurs addresses: the same for all replicas. */
  readonly secret: string
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

  signal(signal: Signal, note: string | null = null): void {
    const { at, subject, source, direction, hazard, severity, attributable, requestId, entryId } = signal
    const fingerprint = signal.fingerprint ?? null
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
      id: newId(),
      target,
      organisation: target.kind === 'org' ? target.value : '',
      person: target.kind === 'person' ? target.value : null,
      key: target.kind === 'key' ? target.value : null,
      endUser: target.kind === 'user' ? target.value : null,
      network: null,
      fingerprint: null,
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
      id: newId(),
      target: answerable(subject),
      organisation: organisationId,
      person: personId,
      key: keyId,
      endUser,
      network: network === null ? null : this.#blurred(network),
      voidedBy: null,
    })
  }

  #push(event: StandingEvent): void {
    this.#waiting.push(event)
    this.#timer ??= setTimeout(() => void this.flush(), flushMilliseconds).unref()
  }

  #blurred(network: string): string {
    return createHmac('sha256', this.#parts.secret).update(`network:${network}`).digest('hex').slice(0, 24)
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

function newId(): string {
  return `evt_${randomBytes(12).toString('hex')}`
}
