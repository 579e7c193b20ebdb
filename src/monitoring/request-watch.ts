import type { EntryId, RequestId } from '../core/ids.ts'
import type { Part, Usage } from '../core/part.ts'
import { accountOf, type Principal } from '../core/principal.ts'
import type { Verdict } from '../core/verdict.ts'
import type { RequestFacts } from './request-facts.ts'

/** Who hears of requests. None of them may throw. */
export interface RequestListener {
  began?(facts: RequestFacts): void
  judged?(facts: RequestFacts, verdict: Verdict): void
  tokens?(facts: RequestFacts, count: number): void
  ended?(facts: RequestFacts): void
  /** After `ended`: its entry is sealed. */
  sealed?(facts: RequestFacts): void
}

/** What is known when a request is accepted. */
export interface Beginning {
  readonly id: RequestId
  readonly kind: RequestFacts['kind']
  readonly model: string
}

/** How it ended. */
export interface Ending {
  readonly type: 'finished' | 'failed'
  readonly usage: Usage | null
  readonly error?: { readonly code: string }
}

/** Follows every accepted request from its entry to its end and tells all listeners. */
export class RequestWatch {
  readonly #running = new Map<EntryId, RequestFacts>()
  readonly #listeners: RequestListener[] = []
  readonly #served: (name: string) => boolean
  readonly #now: () => number
  readonly #elapsed: () => number

  /** @param served whether a model of that name is here, for names that clients make up must not become labels */
  constructor(served: (name: string) => boolean, now: () => number, elapsed = () => performance.now()) {
    this.#served = served
    this.#now = now
    this.#elapsed = elapsed
  }

  listen(listener: RequestListener): void {
    this.#listeners.push(listener)
  }

  /** Those that have not ended. */
  get running(): ReadonlyMap<EntryId, Readonly<RequestFacts>> {
    return this.#running
  }

  begin(
    { id, kind, model }: Beginning,
    principal: Principal,
    entryId: EntryId,
    took: RequestFacts['took'] = null,
  ) {
    const openedAt = this.#now()
    const opened = this.#elapsed()
    const time = () => openedAt + (this.#elapsed() - opened)
    const facts: RequestFacts = {
      id,
      entryId,
      kind,
      model: this.#served(model) ? model : 'unknown',
      account: accountOf(principal),
      openedAt,
      took,
      judgedAt: null,
      outputJudgedAt: null,
      waitedMs: null,
      firstTokenAt: null,
      endedAt: null,
      sealedMs: null,
      tokens: 0,
      verdicts: [],
      finishReason: null,
      usage: null,
      outcome: null,
    }
    this.#running.set(entryId, facts)
    for (const listener of this.#listeners) listener.began?.(facts)
    return {
      judged: (verdict: Verdict, begunAt?: number) => {
        if (verdict.direction === 'input') facts.judgedAt ??= time()
        else if (begunAt !== undefined) facts.outputJudgedAt ??= openedAt + (begunAt - opened)
        // A long answer has many windows; those that allow say nothing that the counts do not.
        if (facts.verdicts.length < 64) facts.verdicts.push(verdict)
        for (const listener of this.#listeners) listener.judged?.(facts, verdict)
      },
      released: (part: Part) => this.#released(facts, part, time),
      close: ({ type, usage, error }: Ending) => {
        this.#running.delete(entryId)
        facts.endedAt = time()
        facts.usage = usage
        facts.outcome = type === 'finished' ? 'finished' : (error?.code ?? 'failed')
        for (const listener of this.#listeners) listener.ended?.(facts)
      },
      sealed: (milliseconds: number) => {
        facts.sealedMs = milliseconds
        for (const listener of this.#listeners) listener.sealed?.(facts)
      },
    }
  }

  #released(facts: RequestFacts, part: Part, time: () => number): void {
    switch (part.type) {
      case 'start':
        facts.waitedMs ??= part.waitedMs ?? null
        break
      case 'text-delta':
      case 'reasoning-delta':
      case 'tool-call-delta':
        facts.firstTokenAt ??= time()
        facts.tokens += part.tokens
        for (const listener of this.#listeners) listener.tokens?.(facts, part.tokens)
        break
      case 'tool-call-start':
        facts.firstTokenAt ??= time()
        break
      case 'finish':
        facts.finishReason = part.reason
        break
      case 'loading':
      case 'usage':
      case 'error':
        break
      default:
        part satisfies never
    }
  }
}
