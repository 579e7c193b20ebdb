import type { Clock } from '../core/clock.ts'
import { canonical } from './canonical.ts'
import type { ContentPolicy } from './contents.ts'
import { parseEntry, type LogEntry } from './log-entry.ts'
import { signNote, type SignerKey } from './note.ts'
import type { AuditStore } from './store.ts'

const entriesAtOnce = 1024

/** What anybody may know of how this server is run. Counts begin with the log. */
export interface Statement {
  readonly origin: string
  readonly at: number
  /** Entries that were counted: all up to the checkpoint of this size. */
  readonly size: number
  readonly witnessed: boolean
  readonly policy: string
  readonly content: ContentPolicy
  readonly requests: number
  readonly blocked: number
  readonly interrupted: number
  /** Acts by their kind. */
  readonly acts: Readonly<Record<string, number>>
  readonly bans: number
  readonly appeals: { readonly decided: number; readonly overturned: number }
}

interface TransparencyParts {
  readonly store: AuditStore
  readonly key: SignerKey
  readonly clock: Clock
  readonly policy: () => string
  readonly content: ContentPolicy
}

/** Adds up the log, entry by entry, as it grows: the statement says nothing that the log does not hold. */
export class Transparency {
  readonly #parts: TransparencyParts
  readonly #counts = { requests: 0, blocked: 0, interrupted: 0, bans: 0, decided: 0, overturned: 0 }
  readonly #acts = new Map<string, number>()
  #counted = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: TransparencyParts) {
    this.#parts = parts
  }

  /** A signed note: the line `elpis-transparency/v1`, then the statement as one line of canonical JSON. */
  async signed(): Promise<{ statement: Statement; note: string }> {
    const { store, key, clock, policy, content } = this.#parts
    const { checkpoint, checkpointSize } = await store.state()
    const counting = this.#last.catch(() => {}).then(() => this.#count(checkpointSize))
    this.#last = counting
    await counting
    const { requests, blocked, interrupted, bans, decided, overturned } = this.#counts
    const statement: Statement = {
      origin: key.name,
      at: clock.now(),
      size: this.#counted,
      witnessed: checkpoint.split('\n— ').length > 2,
      policy: policy(),
      content,
      requests,
      blocked,
      interrupted,
      acts: Object.fromEntries(this.#acts),
      bans,
      appeals: { decided, overturned },
    }
    return { statement, note: signNote(`elpis-transparency/v1\n${canonical(statement)}\n`, key) }
  }

  async #count(size: number): Promise<void> {
    while (this.#counted < size) {
      const end = Math.min(size, this.#counted + entriesAtOnce)
      for (const body of await this.#parts.store.bodies(this.#counted, end)) {
        const entry = parseEntry(Buffer.from(body))
        if (entry !== null) this.#add(entry)
      }
      this.#counted = end
    }
  }

  #add(entry: LogEntry): void {
    const counts = this.#counts
    if (entry.type === 'request') {
      counts.requests++
      if (entry.outcome === 'interrupted') counts.interrupted++
      const verdicts = [entry.input_verdict, entry.output_verdict]
      if (verdicts.some((verdict) => verdict !== null && verdict.outcome !== 'allow')) counts.blocked++
      return
    }
    const { kind, details } = entry
    this.#acts.set(kind, (this.#acts.get(kind) ?? 0) + 1)
    if (kind === 'standing-changed' && details['rung'] === 'banned' && details['lifted'] !== true)
      counts.bans++
    if (kind === 'appeal-decided') {
      counts.decided++
      if (details['overturned'] === true) counts.overturned++
    }
  }
}
