import type { Topic } from '../core/changes.ts'
import type { OwnVersions } from './versions.ts'

/** Tells the changes of others from our own: a process knows already what it did itself. */
export class SeenVersions {
  #seen: ReadonlyMap<Topic, number> | null = null
  readonly #own = new Map<Topic, OwnVersions>()

  /** Notes what a transaction of ours announces; to be called before others can see it. */
  mine(announced: ReadonlyMap<Topic, OwnVersions>): void {
    for (const [topic, { first, last }] of announced) {
      const before = this.#own.get(topic)
      // Where somebody else came between, the older ones are of no use: that change must be told anyway.
      this.#own.set(topic, { first: before?.last === first - 1 ? before.first : first, last })
    }
  }

  /** Takes back what was noted for a transaction that may not have taken place. */
  notMine(announced: ReadonlyMap<Topic, OwnVersions>): void {
    for (const topic of announced.keys()) this.#own.delete(topic)
  }

  /** @returns the topics that others changed since the last look. Nothing at the first look. */
  look(versions: ReadonlyMap<Topic, number>): ReadonlySet<Topic> {
    const before = this.#seen
    const changed = new Set<Topic>()
    for (const [topic, version] of versions) {
      const known = before?.get(topic) ?? 0
      const own = this.#own.get(topic)
      const byUs = own !== undefined && own.first <= known + 1 && version <= own.last
      if (before !== null && version !== known && !byUs) changed.add(topic)
      if (own !== undefined && own.last <= version) this.#own.delete(topic)
    }
    this.#seen = versions
    return changed
  }
}
