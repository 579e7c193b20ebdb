import type { Account, ResponseId } from '../../../core/ids.ts'
import { ElpisError } from '../../../errors.ts'
import type { KeptResponses } from '../../../kept/responses.ts'
import type { Depositor } from '../../../kept/store.ts'
import type { ResponseObject } from './answer-schema.ts'
import type { Item, KnownItem } from './items.ts'

/** What is kept of one answer: itself, and what was asked. */
export interface Stored {
  readonly response: ResponseObject
  /** Of this request only: what came before stands with the answers before. */
  readonly input: readonly KnownItem[]
}

/** Answers in the shape of this door, kept as JSON that only this door wrote. */
export class StoredResponses {
  readonly #kept: KeptResponses

  constructor(kept: KeptResponses) {
    this.#kept = kept
  }

  get enabled(): boolean {
    return this.#kept.enabled
  }

  async keep(depositor: Depositor, stored: Stored): Promise<void> {
    const { id, previous_response_id: previousId } = stored.response
    await this.#kept.keep(depositor, {
      id: id as ResponseId,
      previousId: previousId as ResponseId | null,
      content: JSON.stringify(stored),
    })
  }

  /** @throws `kept_not_found` */
  async one(account: Account, id: string): Promise<ResponseObject> {
    return parse(await this.#kept.content(account, id as ResponseId)).response
  }

  /**
   * The conversation up to and with an answer.
   *
   * @throws `kept_not_found`, `invalid_request`, about `previous_response_id`
   */
  async conversation(account: Account, id: string | null): Promise<Item[]> {
    if (id === null) return []
    try {
      const chain = await this.#kept.chain(account, id as ResponseId)
      return chain.map(parse).flatMap(turnsOf)
    } catch (error) {
      if (error instanceof ElpisError) error.param = 'previous_response_id'
      throw error
    }
  }

  /** What the model was given for an answer, `instructions` aside. @throws `kept_not_found` */
  async input(account: Account, id: string): Promise<KnownItem[]> {
    const chain = (await this.#kept.chain(account, id as ResponseId)).map(parse)
    return chain.flatMap((stored, index) => (index === chain.length - 1 ? stored.input : turnsOf(stored)))
  }

  /** @throws `kept_not_found` */
  async delete(account: Account, id: string): Promise<void> {
    await this.#kept.delete(account, id as ResponseId)
  }
}

function turnsOf({ input, response }: Stored): KnownItem[] {
  return input.concat(response.output)
}

function parse(content: string): Stored {
  return JSON.parse(content) as Stored
}
