import type { Kysely } from 'kysely'
import { everyTopic, type Topic } from '../../core/changes.ts'
import type { Database } from '../schema.ts'
import type { SeenVersions } from '../seen-versions.ts'
import { readVersions } from '../versions.ts'
import type { OneConnection } from './connection.ts'

/** A change must take hold on other replicas within a second: this, plus reading it, also when every hint is lost. */
const pollMilliseconds = 300
/** As long as knowledge of the store may be old before nobody may act on it. */
const leaseMilliseconds = 3000

interface WatchParts {
  readonly connection: OneConnection
  readonly database: Kysely<Database>
  readonly seen: SeenVersions
  /** It can be read again. */
  found(): void
  changed(topics: ReadonlySet<Topic>): void
  lost(reason: unknown): void
}

/** Tells when another replica announced a change, and when nothing could be read for the length of the lease. */
export class Watch {
  readonly #parts: WatchParts
  readonly #poll: NodeJS.Timeout
  #lease: NodeJS.Timeout
  #looking = false
  #again = false
  #lost = false
  #problem: unknown = new Error('it does not answer')

  private constructor(parts: WatchParts) {
    this.#parts = parts
    this.#poll = setInterval(() => this.hint(), pollMilliseconds)
    this.#lease = this.#renewed(performance.now())
  }

  /** Once it has looked for the first time: every change from then on is told. */
  static async start(parts: WatchParts): Promise<Watch> {
    await parts.connection.ready()
    parts.seen.look(await readVersions(parts.database))
    return new Watch(parts)
  }

  /** Looks soon: something may have changed. */
  hint(): void {
    if (this.#looking) this.#again = true
    else void this.#look()
  }

  close(): void {
    clearInterval(this.#poll)
    clearTimeout(this.#lease)
    this.#parts.connection.drop()
  }

  async #look(): Promise<void> {
    const { connection, database, seen } = this.#parts
    this.#looking = true
    this.#again = false
    // What is read was true no earlier than now.
    const askedAt = performance.now()
    try {
      await connection.ready()
      const changed = seen.look(await readVersions(database))
      if (this.#lost) {
        this.#parts.found()
        this.#parts.changed(everyTopic)
      } else if (changed.size > 0) this.#parts.changed(changed)
      this.#lost = false
      clearTimeout(this.#lease)
      this.#lease = this.#renewed(askedAt)
    } catch (error) {
      this.#problem = error
      connection.drop()
    }
    this.#looking = false
    if (this.#again) void this.#look()
  }

  #renewed(from: number): NodeJS.Timeout {
    return setTimeout(
      () => {
        this.#lost = true
        this.#parts.lost(this.#problem)
      },
      leaseMilliseconds - (performance.now() - from),
    )
  }
}
