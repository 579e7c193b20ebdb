import type { Clock } from '../core/clock.ts'
import type { Account, ResponseId } from '../core/ids.ts'
import { elpisError } from '../errors.ts'
import { checkId, notFound } from './not-found.ts'
import type { Depositor, ResponseStore } from './store.ts'

export interface ResponseLimits {
  /** 0 keeps none. */
  readonly days: number
  readonly bytesPerAccount: number
  /** What all links of one conversation may take together. */
  readonly chainBytes: number
}

/** Links of one conversation. */
const mostLinks = 1000
const dayMilliseconds = 86_400_000

/** Answers that later ones can build on. Whoever asks for another's hears that it is not there. */
export class KeptResponses {
  readonly #store: ResponseStore
  readonly #clock: Clock
  readonly #limits: ResponseLimits

  constructor(store: ResponseStore, clock: Clock, limits: ResponseLimits) {
    this.#store = store
    this.#clock = clock
    this.#limits = limits
  }

  /** Whether anything is kept at all. */
  get enabled(): boolean {
    return this.#limits.days > 0
  }

  /** Durable when this resolves. */
  async keep(
    depositor: Depositor,
    response: { readonly id: ResponseId; readonly previousId: ResponseId | null; readonly content: string },
  ): Promise<void> {
    const createdAt = this.#clock.now()
    const { days, bytesPerAccount } = this.#limits
    const bytes = Buffer.byteLength(response.content)
    const expiresAt = createdAt + days * dayMilliseconds
    await this.#store.insert({ ...response, ...depositor, createdAt, expiresAt, bytes }, bytesPerAccount)
  }

  /** @throws `kept_not_found` */
  async content(account: Account, id: ResponseId): Promise<string> {
    checkId('response', id)
    const found = await this.#store.find(account, id, this.#clock.now())
    if (found === null) throw notFound('response', id)
    return found.content
  }

  /**
   * The contents of an answer and of all that it builds on, oldest first.
   *
   * @throws `kept_not_found`, `invalid_request` when the conversation has become too long.
   */
  async chain(account: Account, id: ResponseId): Promise<string[]> {
    checkId('response', id)
    const bounds = { links: mostLinks, bytes: this.#limits.chainBytes }
    const chain = await this.#store.chain(account, id, this.#clock.now(), bounds)
    if (chain === null) throw notFound('response', id)
    if (chain === 'too-long') {
      throw elpisError('invalid_request', {
        problem: `The conversation has more than ${mostLinks} answers or ${bounds.bytes} bytes: begin a new one.`,
      })
    }
    return chain.map(({ content }) => content)
  }

  /** @throws `kept_not_found` */
  async delete(account: Account, id: ResponseId): Promise<void> {
    checkId('response', id)
    if (!(await this.#store.delete(account, id, this.#clock.now()))) throw notFound('response', id)
  }

  /** Deletes what has expired. */
  async prune(): Promise<void> {
    await this.#store.prune(this.#clock.now())
  }
}
