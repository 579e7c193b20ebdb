import type { Clock } from '../../core/clock.ts'
import type { Usage } from '../../core/part.ts'
import type { Principal, QuotaLeft } from '../../core/principal.ts'
import { elpisError, type ElpisError } from '../../errors.ts'
import type { KeyLimits } from '../key-limits-schema.ts'
import { worstOf, type Asking, type Worst } from './estimate.ts'
import type { QuotaLedger, Reservation } from './ledger.ts'
import { subjectsOf, windowOf, type Claim, type Quota } from './quota.ts'

type Tokens = Pick<Usage, 'promptTokens' | 'cachedTokens' | 'outputTokens'>

/** What is served, as far as quotas mind. */
export interface Measured {
  readonly id: string
  readonly parent?: string
  readonly contextTokens: number
}

export interface BookParts {
  readonly ledger: QuotaLedger
  readonly clock: Clock
  readonly models: () => readonly Measured[]
  /** In billionths of the currency. */
  readonly costOf: (model: string, tokens: Tokens) => number
}

/** What is held back for a request, until it is known what it took. */
export interface Held {
  settle(usage: Tokens | null): void
  release(): void
}

/** Which quotas bind whom, and what of them a request must reserve. */
export class QuotaBook {
  readonly #parts: BookParts
  /** By subject, the wildcards among them. */
  #bySubject = new Map<string, Quota[]>()

  constructor(parts: BookParts) {
    this.#parts = parts
  }

  /** The quotas from now on. */
  replace(quotas: readonly Quota[]): void {
    const bySubject = new Map<string, Quota[]>()
    for (const quota of quotas) {
      const those = bySubject.get(quota.subject)
      if (those === undefined) bySubject.set(quota.subject, [quota])
      else those.push(quota)
    }
    this.#bySubject = bySubject
  }

  /**
   * Reserves the most that the work can take, before it begins. Null where nothing bounds whoever asks.
   *
   * @param tell told what is left, also when it is refused
   * @throws `rate_limited`, `quota_exceeded`
   */
  async hold(
    principal: Principal,
    asking: Asking,
    limits: KeyLimits | null,
    tell?: (left: QuotaLeft) => void,
  ): Promise<Held | null> {
    const { ledger, clock, models } = this.#parts
    const model = models().find(({ id }) => id === asking.model)
    const binding = this.#binding(principal, asking.model, model?.parent ?? null, limits)
    if (binding.length === 0) return null
    const now = clock.now()
    const worst = worstOf(asking, model?.contextTokens ?? 0)
    const claims = binding.flatMap(([quota, counter]): Claim[] => {
      const amount = this.#amountOf(quota, worst, asking.model)
      return amount === 0 ? [] : [{ quota, counter, amount, ...windowOf(quota.period, now) }]
    })
    if (claims.length === 0) return null
    const reserved = await ledger.reserve(claims)
    if (reserved.refused !== null) {
      tell?.(leftOf([reserved.refused], [reserved.remaining], now))
      throw refusalOf(reserved.refused, reserved.remaining, now)
    }
    tell?.(leftOf(claims, reserved.remaining, now))
    return this.#held(claims, reserved.reservation, asking.model)
  }

  #held(claims: readonly Claim[], reservation: Reservation, model: string): Held {
    return {
      settle: (usage) => {
        const worst = { input: usage?.promptTokens ?? 0, output: usage?.outputTokens ?? 0 }
        reservation.settle(
          claims.map(({ quota }) =>
            quota.meter === 'cost' && usage !== null
              ? this.#parts.costOf(model, usage)
              : this.#amountOf(quota, worst, model),
          ),
        )
      },
      release: () => reservation.release(),
    }
  }

  /** Each with its counter: of a wildcard, every one it stands for has their own. */
  #binding(
    principal: Principal,
    model: string,
    parent: string | null,
    limits: KeyLimits | null,
  ): [quota: Quota, counter: string][] {
    const binding: [Quota, string][] = []
    const add = (subject: string, instance: string) => {
      for (const quota of this.#bySubject.get(subject) ?? []) {
        if (quota.organisationId !== null && quota.organisationId !== principal.organisationId) continue
        if (quota.model !== null && quota.model !== model && quota.model !== parent) continue
        binding.push([quota, `${quota.id}${instance}`])
      }
    }
    if (this.#bySubject.size > 0) {
      for (const [kind, id] of subjectsOf(principal)) {
        add(`${kind}:${id}`, '')
        add(`${kind}:*`, `|${id}`)
      }
      add('server', '')
    }
    const rate = limits?.rate ?? null
    if (rate !== null && principal.keyId !== null) {
      const own = rateOf(principal, rate)
      binding.push([own, own.id])
    }
    return binding
  }

  #amountOf({ meter }: Quota, { input, output }: Worst, model: string): number {
    switch (meter) {
      case 'requests':
      case 'streams':
        return 1
      case 'input_tokens':
        return input
      case 'output_tokens':
        return output
      case 'cost': {
        const tokens = { promptTokens: input, cachedTokens: 0, outputTokens: output }
        return this.#parts.costOf(model, tokens)
      }
      default:
        return meter satisfies never
    }
  }
}

/** The rate that a key was made with is a quota like any other. */
function rateOf({ keyId, organisationId }: Principal, rate: NonNullable<KeyLimits['rate']>): Quota {
  return {
    id: `rate_${keyId}`,
    subject: `key:${keyId}`,
    organisationId,
    model: null,
    meter: 'requests',
    period: rate.period,
    amount: rate.requests,
    createdAt: 0,
  }
}

function refusalOf({ quota, amount, resetsAt }: Claim, remaining: number, now: number): ElpisError {
  const { meter, period, subject } = quota
  const soon = period === 'minute' || period === null
  const error = elpisError(soon ? 'rate_limited' : 'quota_exceeded', {
    subject: subject.replace(/:.*/, ''),
    most: quota.amount,
    meter: meter.replace('_', ' '),
    period: period === null ? 'at the same time' : `a ${period}`,
    remaining,
    needed: amount,
  })
  error.retryAfter = period === null ? 1 : Math.max(1, Math.ceil((resetsAt - now) / 1000))
  return error
}

/** The tightest of each kind. */
function leftOf(
  claims: readonly Pick<Claim, 'quota' | 'amount' | 'resetsAt'>[],
  remaining: readonly number[],
  now: number,
): QuotaLeft {
  const tightest = (meters: readonly Quota['meter'][]) => {
    let found: NonNullable<QuotaLeft['requests']> | null = null
    for (const [index, { quota, resetsAt }] of claims.entries()) {
      if (!meters.includes(quota.meter) || quota.period === null) continue
      const left = Math.max(0, remaining[index] ?? 0)
      if (found !== null && left / quota.amount >= found.remaining / found.limit) continue
      found = { limit: quota.amount, remaining: left, resetMilliseconds: resetsAt - now }
    }
    return found
  }
  return {
    requests: tightest(['requests']),
    inputTokens: tightest(['input_tokens']),
    outputTokens: tightest(['output_tokens']),
    tokens: tightest(['input_tokens', 'output_tokens']),
  }
}
