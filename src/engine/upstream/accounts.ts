import { elpisError } from '../../errors.ts'

/** How many requests of each account are inside, so that one alone cannot fill an upstream. */
export class Accounts {
  readonly #most: number
  readonly #inside = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  /** @returns what gives the place back @throws `too_many_at_once` */
  enter(account: string): Disposable {
    const inside = this.#inside.get(account) ?? 0
    if (inside >= this.#most) {
      const error = elpisError('too_many_at_once', { inside })
      error.retryAfter = 1
      throw error
    }
    this.#inside.set(account, inside + 1)
    return {
      [Symbol.dispose]: () => {
        const left = (this.#inside.get(account) ?? 1) - 1
        if (left === 0) this.#inside.delete(account)
        else this.#inside.set(account, left)
      },
    }
  }
}
