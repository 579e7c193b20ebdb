import { setTimeout as sleep } from 'node:timers/promises'
import type { Part } from '../../core/part.ts'
import type { EngineRequest } from '../../core/request.ts'
import { asElpisError, elpisError, type ElpisError } from '../../errors.ts'
import type { Dialect } from './dialect.ts'
import { connectionFailure, unavailable, type Failure } from './failures.ts'
import { send } from './generation.ts'
import { Failed } from './json-exchange.ts'
import type { Replica } from './replica.ts'
import type { ReplicaSet } from './replica-set.ts'
import { requestBody } from './request-body.ts'
import { promptEstimateOf } from './usage-count.ts'

export interface SenderOptions {
  readonly key: string | null
  readonly replicas: ReplicaSet
  readonly dialect: () => Dialect
  /** Why nobody can be asked. */
  readonly reason: () => string
  readonly onLie: (model: string) => void
}

/** What chooses a replica. */
export type Asked = Pick<EngineRequest, 'model' | 'input' | 'share' | 'signal'>

const mostTries = 3
/** A server that asks for no more patience than this is asked again when there is no other. */
const longestWait = 2000
/** An answer without a bound is reckoned as one of so many tokens. */
const usualAnswer = 512

/** Sends what is asked to a replica, and when nothing came of it to another. */
export class Sender {
  readonly options: SenderOptions
  readonly #active = new Map<string, number>()

  constructor(options: SenderOptions) {
    this.options = options
  }

  /** Requests for a model that are being answered. */
  active(model: string): number {
    return this.#active.get(model) ?? 0
  }

  /** The whole answer, part by part; failures are its last part. @throws what `requestBody` throws */
  async generate(
    request: EngineRequest,
    theirs: string,
    push: (part: Part) => void,
  ): Promise<'ended' | 'cancelled'> {
    const { key, dialect, onLie } = this.options
    const body = requestBody(request, theirs, dialect())
    const endpoint = request.input.kind === 'chat' ? '/chat/completions' : '/completions'
    const tokens = promptEstimateOf(request) + request.choices * (request.maxTokens ?? usualAnswer)
    const outcome = await this.#tried(request, tokens, async (replica) => {
      let begun = false
      const ended = await send({
        request,
        replica,
        path: replica.pathOf(endpoint),
        body,
        key,
        signal: request.signal,
        push: (part) => {
          begun = true
          push(part)
        },
        onLie: () => onLie(request.model),
      })
      // Whatever was passed on cannot be taken back: from there on it is this replica's answer.
      return typeof ended === 'object' && begun ? { ...ended, retry: false } : ended
    })
    if (outcome === 'cancelled') return 'cancelled'
    if (outcome !== 'whole') push({ type: 'error', error: outcome.error })
    return 'ended'
  }

  /** The result of `work` with one replica after the other. @throws `ElpisError` */
  async perform<Result>(asked: Asked, work: (replica: Replica) => Promise<Result>): Promise<Result> {
    let result: { readonly value: Result } | null = null
    const outcome = await this.#tried(asked, usualAnswer, async (replica) => {
      try {
        result = { value: await work(replica) }
        return 'whole'
      } catch (error) {
        if (asked.signal.aborted) return 'cancelled'
        if (error instanceof Failed) return error.failure
        return connectionFailure(asked.model, error as Error, true)
      }
    })
    if (outcome === 'cancelled') throw asElpisError(asked.signal.reason ?? elpisError('client_left'))
    if (outcome !== 'whole') throw outcome.error
    return result!.value
  }

  async #tried(
    asked: Asked,
    tokens: number,
    attempt: (replica: Replica) => Promise<'whole' | 'cancelled' | Failure>,
  ): Promise<'whole' | 'cancelled' | { readonly error: ElpisError }> {
    const { replicas, reason } = this.options
    const tried = new Set<Replica>()
    let last: Failure | null = null
    for (let tries = 0; tries < mostTries; tries++) {
      if (asked.signal.aborted) return 'cancelled'
      const replica = replicas.choose(asked, tried)
      if (replica === null) return last ?? { error: this.#nobody(asked.model, reason()) }
      if (last !== null && tried.has(replica) && !(await pause(last, tries, asked.signal))) return last
      tried.add(replica)
      const ended = await this.#counted(replica, asked.model, tokens, () => attempt(replica))
      if (typeof ended === 'string' || !ended.retry) return ended
      last = ended
    }
    return last!
  }

  async #counted(
    replica: Replica,
    model: string,
    tokens: number,
    attempt: () => Promise<'whole' | 'cancelled' | Failure>,
  ) {
    const { breaker } = replica
    replica.active++
    replica.tokens += tokens
    this.#active.set(model, this.active(model) + 1)
    breaker.begin()
    try {
      const ended = await attempt()
      if (ended === 'whole') breaker.succeed()
      else if (ended === 'cancelled' || ended.ill === null) breaker.neither()
      else if (ended.ill) breaker.fail()
      else breaker.succeed()
      return ended
    } finally {
      replica.active--
      replica.tokens -= tokens
      this.#active.set(model, this.active(model) - 1)
    }
  }

  /** Everybody who could be asked is down or full. */
  #nobody(model: string, reason: string): ElpisError {
    const { replicas } = this.options.replicas
    const full = replicas.filter(({ healthy, breaker }) => healthy !== false && breaker.admits)
    if (full.length > 0) {
      const error = elpisError('upstream_busy', { model })
      error.retryAfter = 1
      return error
    }
    const wait = Math.min(...replicas.map(({ breaker }) => breaker.wait))
    return unavailable(model, reason, Math.max(1, Math.ceil(wait / 1000)))
  }
}

/** Waits before the same server is asked again. False when that is too long, or nobody waits any more. */
async function pause({ error }: Failure, tries: number, signal: AbortSignal): Promise<boolean> {
  const asked = error.code === 'upstream_busy' ? (error.retryAfter ?? 0) * 1000 : 50 * 4 ** (tries - 1)
  if (asked > longestWait) return false
  // Ends early, with an error that says no more than `signal`.
  await sleep(asked, undefined, { signal }).catch(() => undefined)
  return !signal.aborted
}
