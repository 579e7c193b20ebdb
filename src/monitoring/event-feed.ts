import type { RequestListener } from './request-watch.ts'
import type { RequestFacts } from './request-facts.ts'

/** What happened, for whoever watches: ids, codes and numbers, never a text. */
export type MonitorEvent =
  | {
      readonly type: 'request-ended'
      readonly id: string
      readonly entry: string
      readonly kind: string
      readonly model: string
      readonly account: string
      readonly outcome: string
      readonly milliseconds: number
      readonly firstTokenMs: number | null
      readonly inputTokens: number
      readonly outputTokens: number
    }
  | {
      readonly type: 'guard-hit'
      readonly id: string
      readonly entry: string
      readonly account: string
      readonly direction: string
      readonly outcome: string
      readonly action: string
      readonly hazards: readonly string[]
      readonly layer: string
      readonly policy: string
    }
  /** Something for a person to look at. */
  | {
      readonly type: 'alert'
      readonly subject: 'egress' | 'incident' | 'insight' | 'storage'
      readonly code: string
      readonly message: string
    }
  /** Standing did something to somebody. */
  | { readonly type: 'standing-act'; readonly act: string; readonly case: string | null }

export interface NumberedEvent {
  /** Counts from 1 in this process. */
  readonly number: number
  readonly at: number
  readonly event: MonitorEvent
}

type Subscriber = (event: NumberedEvent) => void

const mostRecent = 256
const mostSubscribers = 64

/** Passes events to all who watch, and remembers the last few for those who come later. */
export class EventFeed implements RequestListener {
  readonly #now: () => number
  readonly #recent: NumberedEvent[] = []
  readonly #subscribers = new Set<Subscriber>()
  #number = 0

  constructor(now: () => number) {
    this.#now = now
  }

  tell(event: MonitorEvent): void {
    const numbered = { number: ++this.#number, at: this.#now(), event }
    this.#recent.push(numbered)
    if (this.#recent.length > mostRecent) this.#recent.shift()
    for (const subscriber of this.#subscribers) subscriber(numbered)
  }

  /** The last few after `number`. */
  since(number: number): readonly NumberedEvent[] {
    return this.#recent.filter((event) => event.number > number)
  }

  /** @returns a function that ends it; null when there are too many who watch */
  subscribe(subscriber: Subscriber): (() => void) | null {
    if (this.#subscribers.size >= mostSubscribers) return null
    this.#subscribers.add(subscriber)
    return () => void this.#subscribers.delete(subscriber)
  }

  judged(
    { id, entryId: entry, account }: RequestFacts,
    { outcome, action, direction, hazards, layer, policy }: RequestFacts['verdicts'][number],
  ): void {
    if (outcome === 'allow' && action === 'allow') return
    this.tell({ type: 'guard-hit', id, entry, account, direction, outcome, action, hazards, layer, policy })
  }

  ended({ id, entryId: entry, kind, model, account, ...facts }: RequestFacts): void {
    const { openedAt, endedAt, firstTokenAt, usage, outcome } = facts
    this.tell({
      type: 'request-ended',
      id,
      entry,
      kind,
      model,
      account,
      outcome: outcome ?? 'failed',
      milliseconds: Math.round((endedAt ?? openedAt) - openedAt),
      firstTokenMs: firstTokenAt === null ? null : Math.round(firstTokenAt - openedAt),
      inputTokens: usage?.promptTokens ?? 0,
      outputTokens: usage?.outputTokens ?? facts.tokens,
    })
  }
}
