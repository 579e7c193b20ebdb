/** How much a `RecentMap` holds: entries, and all their weights together where `weightOf` says what one weighs. */
export interface RecentMapBounds<Key, Value> {
  readonly entries: number
  readonly weight?: number
  weightOf?(value: Value, key: Key): number
}

/**
 * A bounded map: over its bounds, entries that were set or used longest ago are forgotten first. The entry set last
 * stays, however heavy it is.
 */
export class RecentMap<Key, Value> {
  /** The least recent first. */
  readonly #entries = new Map<Key, Value>()
  readonly #bounds: RecentMapBounds<Key, Value>
  #weight = 0

  constructor(bounds: RecentMapBounds<Key, Value> | number) {
    this.#bounds = typeof bounds === 'number' ? { entries: bounds } : bounds
  }

  get size(): number {
    return this.#entries.size
  }

  has(key: Key): boolean {
    return this.#entries.has(key)
  }

  values(): MapIterator<Value> {
    return this.#entries.values()
  }

  /** Looks without making the entry recent. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  /** Makes the entry the most recent one. */
  use(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: Key, value: Value): void {
    this.delete(key)
    this.#entries.set(key, value)
    this.#weight += this.#weigh(value, key)
    for (const oldest of this.#entries.keys()) {
      if (this.#fits() || this.#entries.size === 1) return
      this.delete(oldest)
    }
  }

  delete(key: Key): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#weight -= this.#weigh(value, key)
  }

  #fits(): boolean {
    const { entries, weight = Infinity } = this.#bounds
    return this.#entries.size <= entries && this.#weight <= weight
  }

  #weigh(value: Value, key: Key): number {
    return this.#bounds.weightOf?.(value, key) ?? 0
  }
}
