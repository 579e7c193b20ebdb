/**
 * Moderations as the pipeline meets them. Whoever has texts judged may not have written them, so nothing that is found in
 * them is held against anybody; that somebody tries one text in many variants is told, as a sign for people and rules.
 */
import type { Clock } from '../../core/clock.ts'
import type { EntryId, RequestId } from '../../core/ids.ts'
import type { Moderated, ToModerate } from '../../core/moderation.ts'
import { accountOf, subjectOf, type Principal } from '../../core/principal.ts'
import type { Signal, Verdict } from '../../core/verdict.ts'
import { elpisError } from '../../errors.ts'
import { AccountTurns } from '../account-turns.ts'
import { Unavailable } from '../cascade/cascade.ts'
import { ClimbingWatch } from '../defence/climbing.ts'
import { graver } from '../policy/decide.ts'
import type { Circumstances } from '../policy/shelf.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Moderation } from './moderate.ts'

/** One request for moderation, and whose it is. */
interface Moderating {
  readonly asking: { readonly id: RequestId }
  readonly principal: Principal
  readonly level: Circumstances['level']
  readonly entryId: EntryId
  readonly signal: AbortSignal
  /** Told once of all texts together: what was found in the gravest. */
  onVerdict(verdict: Verdict): void
}

interface ModerationParts {
  readonly moderation: Moderation
  readonly clock: Clock
  /** Requests of one account that may be under way. */
  readonly perAccount: number
  readonly onSignal: (signal: Signal) => void
  readonly onTrouble: (layer: string, error: unknown) => void
}

/** Bounds what an account may have judged at once, and lets accounts take turns text by text. */
export class ModerationStage {
  readonly #parts: ModerationParts
  readonly #climbing = new ClimbingWatch()
  readonly #turns = new LoopTurns()
  /** Requests under way, by account. */
  readonly #inside = new Map<string, number>()

  constructor(parts: ModerationParts) {
    this.#parts = parts
  }

  /** @throws `too_many_at_once`, `guard_unavailable` */
  async moderate(items: readonly ToModerate[], request: Moderating): Promise<readonly Moderated[]> {
    const account = accountOf(request.principal)
    this.#enter(account)
    try {
      const found: Moderated[] = []
      for (const item of items) {
        await this.#turns.next(account)
        request.signal.throwIfAborted()
        found.push(await this.#parts.moderation.moderate(item, request.principal, request.level))
      }
      request.onVerdict(verdictOf(found))
      this.#watch(items, found, request)
      return found
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      this.#parts.onTrouble(error.layer, error)
      request.onVerdict(unavailable(error.layer))
      throw elpisError('guard_unavailable')
    } finally {
      this.#leave(account)
    }
  }

  #enter(account: string): void {
    const inside = this.#inside.get(account) ?? 0
    if (inside >= this.#parts.perAccount) {
      const error = elpisError('too_many_at_once', { inside })
      error.retryAfter = 1
      throw error
    }
    this.#inside.set(account, inside + 1)
  }

  #leave(account: string): void {
    const inside = (this.#inside.get(account) ?? 0) - 1
    if (inside > 0) this.#inside.set(account, inside)
    else this.#inside.delete(account)
  }

  /**
   * Tells of one text in many variants whose scores fall. Without its fingerprint: it may be the words of somebody else, whom
   * whoever moderates them would seem to be like.
   */
  #watch(items: readonly ToModerate[], found: readonly Moderated[], request: Moderating): void {
    const { clock, onSignal } = this.#parts
    const at = clock.now()
    const who = `${accountOf(request.principal)} ${request.principal.endUser ?? ''}`
    let variants = 0
    for (const [index, { prompt, response }] of items.entries()) {
      const attempt = {
        at,
        fingerprint: fingerprintOf(response ?? prompt),
        harm: found[index]?.scores?.harm ?? 0,
      }
      variants = Math.max(variants, this.#climbing.note(who, attempt))
    }
    if (variants === 0) return
    onSignal({
      at,
      subject: subjectOf(request.principal),
      source: 'guard',
      direction: 'input',
      hazard: 'attack',
      severity: Math.min(1, variants / 20),
      attributable: false,
      requestId: request.asking.id,
      entryId: request.entryId,
    })
  }
}

/** Rules and screen compute on the server's own thread: one text a turn of its loop, accounts in turn. */
class LoopTurns {
  readonly #waiting = new AccountTurns<() => void>()

  next(account: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) setImmediate(() => this.#go())
      this.#waiting.add(account, resolve)
    })
  }

  #go(): void {
    this.#waiting.next()?.()
    if (this.#waiting.size > 0) setImmediate(() => this.#go())
  }
}

/** Whatever was found, nothing is done about it. */
function verdictOf(found: readonly Moderated[]): Verdict {
  const worst = found.reduce((one, other) => {
    if (one.action === other.action) return (other.scores?.harm ?? 0) > (one.scores?.harm ?? 0) ? other : one
    return graver(one.action, other.action) === one.action ? one : other
  })
  const { hazards, scores, layer, policy } = worst
  return { outcome: 'allow', action: 'allow', direction: 'input', hazards, scores, layer, policy }
}

function unavailable(layer: string): Verdict {
  return {
    outcome: 'unavailable',
    action: 'block',
    direction: 'input',
    hazards: [],
    scores: null,
    layer,
    policy: 'none',
  }
}
