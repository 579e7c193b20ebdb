/** Settles what every accepted request took, once, before its last part leaves. */
import { hash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { EntryId } from '../core/ids.ts'
import type { Part, Usage } from '../core/part.ts'
import { costOf, priceOf, type Price } from '../core/price.ts'
import type { Principal } from '../core/principal.ts'
import type { Verdict } from '../core/verdict.ts'
import { ComputeShare } from './compute-share.ts'
import { EndUserLimit } from './end-user-limit.ts'
import type { Party, UsageRecord } from './record.ts'
import { startRollUp } from './roll-up.ts'
import { SettlingQueue } from './settling-queue.ts'
import type { UsageQuestion, UsageRetention, UsageRow, UsageStore } from './store.ts'

export interface UsageParts {
  readonly store: UsageStore
  readonly clock: Clock
  /** Milliseconds that only ever grow. */
  readonly elapsed?: () => number
  readonly prices: readonly Price[]
  /** 0: energy is left out. */
  readonly watts: number
  readonly endUsers: number
  readonly retention: UsageRetention
  /** The model and the adapter that a name stands for; null when nothing of that name is served. */
  readonly served: (name: string) => { readonly model: string; readonly adapter: string | null } | null
  readonly onTrouble: (error: unknown, waiting: number) => void
}

/** How a request ended, as far as usage minds. */
export interface Ended {
  readonly type: 'finished' | 'failed'
  readonly usage: Usage | null
}

/** One request that is being metered. */
export interface OpenMeter {
  judged(verdict: Verdict): void
  released(part: Part): void
  /** Durable when it resolves. Never rejects: what the store refuses is tried again. */
  close(outcome: Ended): Promise<void>
}

export interface UsageStage {
  open(model: string, principal: Principal, entryId: EntryId): OpenMeter
  ask(question: UsageQuestion): Promise<UsageRow[]>
  /** Writes what still waits and stops. Does not close the store. */
  close(): Promise<void>
}

/**
 * The usage stage: `open` starts a meter for an accepted request. It rolls records up by itself until it is closed;
 * trouble with the store goes to `onTrouble`.
 */
export function createUsage(parts: UsageParts): UsageStage {
  const { store, clock, elapsed = () => performance.now() } = parts
  const share = new ComputeShare()
  const endUsers = new EndUserLimit(parts.endUsers, clock)
  const settling = new SettlingQueue(store, parts.onTrouble)
  const rollUp = startRollUp(store, clock, parts.retention, (error) =>
    parts.onTrouble(error, settling.waiting),
  )

  function open(model: string, principal: Principal, entryId: EntryId): OpenMeter {
    const startedAt = elapsed()
    const leave = share.enter(startedAt)
    let firstTokenMs: number | null = null
    let blocked = false
    return {
      judged(verdict) {
        if (verdict.action === 'block') blocked = true
      },
      released(part) {
        if (firstTokenMs === null && isToken(part)) firstTokenMs = elapsed() - startedAt
      },
      async close({ type, usage }) {
        const now = elapsed()
        const shareMs = leave(now)
        const party = partyOf(model, principal)
        const { promptTokens = 0, cachedTokens = 0, outputTokens = 0, reasoningTokens = 0 } = usage ?? {}
        await settling.settle({
          ...party,
          entryId,
          partyId: partyIdOf(party),
          at: clock.now(),
          requests: 1,
          failed: type === 'failed' ? 1 : 0,
          blocked: blocked ? 1 : 0,
          inputTokens: promptTokens,
          cachedTokens,
          outputTokens,
          reasoningTokens,
          firstTokens: firstTokenMs === null ? 0 : 1,
          firstTokenMs: Math.round(firstTokenMs ?? 0),
          durationMs: Math.round(now - startedAt),
          // A watt for a millisecond is a millijoule.
          energyMj: Math.round(shareMs * parts.watts),
          costNano: costOf(priceOf(parts.prices, model), { promptTokens, cachedTokens, outputTokens }),
        } satisfies UsageRecord)
      },
    }
  }

  function partyOf(name: string, { organisationId, personId, keyId, endUser }: Principal): Party {
    // What a client called a model that is not here would be a name a request.
    const { model, adapter } = parts.served(name) ?? { model: 'unknown', adapter: null }
    return {
      organisationId,
      personId,
      keyId,
      endUser: endUser === null ? null : endUsers.admit(organisationId, endUser),
      model,
      adapter,
    }
  }

  return {
    open,
    ask: (question) => store.ask(question),
    async close() {
      await rollUp.close()
      await settling.close()
    },
  }
}

function isToken({ type }: Part): boolean {
  return type === 'text-delta' || type === 'reasoning-delta' || type === 'tool-call-start'
}

/** 96 bits: enough that two parties never share a name. */
function partyIdOf({ organisationId, personId, keyId, endUser, model, adapter }: Party): string {
  const text = JSON.stringify([organisationId, personId, keyId, endUser, model, adapter])
  return hash('sha256', text, 'base64url').slice(0, 16)
}
