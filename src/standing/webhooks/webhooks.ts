import { Agent, request } from 'undici'
import type { Clock } from '../../core/clock.ts'
import { signedHeaders } from './signing.ts'
import type { Delivery, WebhookStore } from './webhook-store.ts'

interface WebhookParts {
  readonly store: WebhookStore
  readonly clock: Clock
  /** Of the settings, never anybody else's: nothing that a request says leads to an address. */
  readonly addresses: readonly string[]
  readonly keys: readonly Buffer[]
  /** `host` only, for paths may hold secrets. */
  readonly onFailed: (failure: { id: string; host: string; reason: string; givenUp: boolean }) => void
  readonly onTrouble: (error: unknown) => void
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
/** After each failed attempt, as https://www.standardwebhooks.com advises; then it is given up, after some three days. */
const waits = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]
/** Receivers that failed together must not be asked again together. */
const spreadOfWaits = 0.1
const answerMilliseconds = 10 * second
/** What a server that died had taken is sent by another one after this. */
const claimMilliseconds = minute
const keptMilliseconds = 7 * 24 * hour
const mostNew = 500
const mostAtOnce = 10
const mostBatches = 20
const mostAnswerBytes = 16_384
const lookEveryMilliseconds = 2 * second

/**
 * Tells receivers what happened to people's standing: each notice at least once, under one id, by one server of several.
 * A receiver that hangs or fails holds up no other.
 */
export class Webhooks {
  readonly #parts: WebhookParts
  readonly #agent = new Agent({ connect: { timeout: answerMilliseconds } })
  readonly #closing = new AbortController()
  readonly #busy = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | null = null

  constructor(parts: WebhookParts) {
    this.#parts = parts
  }

  start(): void {
    this.#timer = setInterval(() => void this.deliver(), lookEveryMilliseconds).unref()
  }

  /** Sends what is due now. */
  async deliver(): Promise<void> {
    const { store, clock, addresses, onTrouble } = this.#parts
    try {
      const now = clock.now()
      await store.spread(addresses, now, now - keptMilliseconds, mostNew)
    } catch (error) {
      onTrouble(error)
      return
    }
    await Promise.all(addresses.map((address) => this.#serveOnce(address)))
  }

  /** What is being sent is broken off, and sent again by the next server. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#closing.abort()
    await Promise.all(this.#busy.values())
    await this.#agent.destroy()
  }

  async #serveOnce(address: string): Promise<void> {
    const serving =
      this.#busy.get(address) ??
      this.#serve(address)
        .catch(this.#parts.onTrouble)
        .finally(() => this.#busy.delete(address))
    this.#busy.set(address, serving)
    await serving
  }

  async #serve(address: string): Promise<void> {
    const { store, clock } = this.#parts
    for (let batch = 0; batch < mostBatches && !this.#closing.signal.aborted; batch++) {
      const now = clock.now()
      const due = await store.claim(address, now, now + claimMilliseconds, mostAtOnce)
      if (due.length === 0) return
      await Promise.all(due.map((delivery) => this.#attempt(address, delivery)))
    }
  }

  async #attempt(address: string, delivery: Delivery): Promise<void> {
    const { store, clock, onFailed } = this.#parts
    const { id, attempts } = delivery
    const problem = await this.#send(address, delivery)
    if (problem === null) return await store.forget(id, address)
    if (this.#closing.signal.aborted) return await store.postpone(id, address, clock.now())
    const wait = waits[attempts - 1]
    const givenUp = problem.final || wait === undefined
    onFailed({ id, host: new URL(address).host, reason: problem.reason, givenUp })
    if (givenUp) return await store.forget(id, address)
    await store.postpone(id, address, clock.now() + Math.round(wait * (1 + Math.random() * spreadOfWaits)))
  }

  /** @returns null when it was taken */
  async #send(address: string, { id, body }: Delivery): Promise<{ reason: string; final: boolean } | null> {
    const { clock, keys } = this.#parts
    try {
      // Redirects are not followed: they would lead where the settings did not say. They count as failures.
      const answer = await request(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signedHeaders(keys, id, clock.now(), body) },
        body,
        dispatcher: this.#agent,
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(answerMilliseconds)]),
      })
      const { statusCode: status } = answer
      await answer.body.dump({ limit: mostAnswerBytes }).catch(() => {})
      if (status >= 200 && status < 300) return null
      // Gone: the receiver says that it wants nothing more of this.
      return { reason: `status ${status}`, final: status === 410 }
    } catch (error) {
      const { code, name } = error as { code?: string; name?: string }
      return { reason: code?.toString() ?? name ?? 'no answer', final: false }
    }
  }
}
