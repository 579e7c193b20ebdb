import type { z } from 'zod'
import { modelList } from './event-schema.ts'
import { askJson, Failed } from './json-exchange.ts'
import type { Replica } from './replica.ts'

export type ListedModel = z.output<typeof modelList>['data'][number]

export interface HealthOptions {
  /** The upstream's name, for errors. */
  readonly name: string
  readonly replicas: readonly Replica[]
  readonly key: string | null
  readonly milliseconds: number
  /** 0 to 1, to spread looks over time. */
  readonly random: () => number
  /** Told of every look that went well. */
  readonly onModels: (models: readonly ListedModel[]) => void
  /** Told when a replica has become well or ill; with the reason when ill. */
  readonly onChange: (replica: Replica, reason: string | null) => void
}

/** Longest time that one look may take. */
const patience = 5000
/** Longest time between looks at a replica that cannot be used. */
const whenIll = 2000

/** Looks at every replica now and then, by asking for its models: that needs no computing, but the right address and key. */
export class Health {
  readonly #options: HealthOptions
  readonly #closing = new AbortController()
  readonly #timers = new Map<Replica, NodeJS.Timeout>()
  readonly #reasons = new Map<Replica, string>()

  constructor(options: HealthOptions) {
    this.#options = options
  }

  start(): void {
    for (const replica of this.#options.replicas) void this.#look(replica)
  }

  close(): void {
    this.#closing.abort(new Error('the server is closing'))
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  /** Why nobody can be asked, as the last looks said. */
  get reason(): string | null {
    return [...this.#reasons.values()][0] ?? null
  }

  async #look(replica: Replica): Promise<void> {
    const { name, key, onModels, milliseconds, random } = this.#options
    const closing = this.#closing.signal
    const tooLate = new Error('it does not answer')
    const bound = new AbortController()
    const timer = setTimeout(() => bound.abort(tooLate), patience)
    try {
      const signal = AbortSignal.any([closing, bound.signal])
      const path = replica.pathOf('/models')
      const { data } = await askJson({ model: name, replica, path, key, schema: modelList, signal })
      this.#note(replica, null)
      onModels(data)
    } catch (error) {
      if (closing.aborted) return
      this.#note(replica, error instanceof Failed ? error.failure.reason : (error as Error).message)
    } finally {
      clearTimeout(timer)
    }
    if (closing.aborted) return
    const usual = replica.healthy === true ? milliseconds : Math.min(milliseconds, whenIll)
    const pause = usual * (0.8 + random() * 0.4)
    this.#timers.set(replica, setTimeout(() => void this.#look(replica), pause).unref())
  }

  #note(replica: Replica, reason: string | null): void {
    const changed = replica.healthy !== (reason === null)
    replica.healthy = reason === null
    if (reason === null) this.#reasons.delete(replica)
    else this.#reasons.set(replica, reason)
    if (changed) this.#options.onChange(replica, reason)
  }
}
