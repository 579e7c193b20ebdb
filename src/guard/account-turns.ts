/**
 * What waits, of many accounts: in order of arrival within one, and of each account one in turn, so that whoever has much
 * waits for themselves.
 */
export class AccountTurns<Thing> {
  /** Accounts that have something waiting, the next one first. */
  readonly #waiting = new Map<string, Thing[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  sizeOf(account: string): number {
    return this.#waiting.get(account)?.length ?? 0
  }

  add(account: string, thing: Thing): void {
    const own = this.#waiting.get(account)
    if (own === undefined) this.#waiting.set(account, [thing])
    else own.push(thing)
    this.#size++
  }

  /** Takes the next one out; undefined when nothing waits. */
  next(): Thing | undefined {
    for (const [account, own] of this.#waiting) {
      const thing = own.shift()
      // Its account comes again after all others.
      this.#waiting.delete(account)
      if (own.length > 0) this.#waiting.set(account, own)
      this.#size--
      return thing
    }
    return undefined
  }

  /** Takes one out before its turn, where it still waits. */
  remove(account: string, thing: Thing): void {
    const own = this.#waiting.get(account)
    const at = own?.indexOf(thing) ?? -1
    if (own === undefined || at === -1) return
    own.splice(at, 1)
    if (own.length === 0) this.#waiting.delete(account)
    this.#size--
  }
}
