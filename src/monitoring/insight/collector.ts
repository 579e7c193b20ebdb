import type { Clock } from '../../core/clock.ts'
import { HmacKey } from '../../core/hmac.ts'
import type { EntryId } from '../../core/ids.ts'
import type { Principal } from '../../core/principal.ts'
import type { Input } from '../../core/request.ts'
import type { Verdict } from '../../core/verdict.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Sign, SignStore } from './sign.ts'

export interface CollectorParts {
  readonly store: SignStore
  readonly clock: Clock
  readonly key: Buffer
  /** Milliseconds for which signs are kept. */
  readonly keep: number
  readonly onTrouble: (error: unknown) => void
}

const everyMilliseconds = 2000
const mostWaiting = 5000
/** From here on an attempt to get past the rules counts as one. */
const attackScore = 0.5

/** Takes the fingerprint of each question when it is over, and lets go of the text. Nobody waits for it. */
export class SignCollector {
  readonly #parts: CollectorParts
  readonly #key: HmacKey
  #waiting: Sign[] = []
  #writing: Promise<void> | null = null
  readonly #timer: NodeJS.Timeout

  constructor(parts: CollectorParts) {
    this.#parts = parts
    this.#key = new HmacKey(parts.key)
    this.#timer = setInterval(() => void this.flush(), everyMilliseconds)
    this.#timer.unref()
  }

  /** One question, from now to its end. */
  begin(input: Input | null, principal: Principal, entryId: EntryId) {
    const verdicts: Verdict[] = []
    return {
      judged(verdict: Verdict) {
        if (verdict.direction === 'input' && verdicts.length < 8) verdicts.push(verdict)
      },
      close: () => {
        if (input === null || this.#waiting.length >= mostWaiting) return
        const { clock } = this.#parts
        this.#waiting.push({
          entryId,
          at: clock.now(),
          person: personOf(principal, this.#key),
          fingerprint: fingerprintOf(lastWords(input), this.#key),
          hazards: [...new Set(verdicts.flatMap(({ hazards }) => hazards))].join(' '),
          attack: verdicts.some(({ scores }) => (scores?.attack ?? 0) >= attackScore) ? 1 : 0,
          blocked: verdicts.some(({ action }) => action === 'block') ? 1 : 0,
        })
      },
    }
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#writing !== null || this.#waiting.length === 0)
      return await (this.#writing ?? Promise.resolve())
    const { store, clock, keep, onTrouble } = this.#parts
    const signs = this.#waiting
    this.#waiting = []
    this.#writing = store
      .add(signs, clock.now() - keep)
      .catch(onTrouble)
      .finally(() => (this.#writing = null))
    await this.#writing
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
    await this.flush()
  }
}

/** What was asked last: what came before was looked at when it was. */
function lastWords(input: Input): string {
  if (input.kind === 'text') return input.text
  if (input.kind === 'tokens') return ''
  return input.messages.findLast(({ role }) => role === 'user')?.content ?? ''
}

function personOf({ organisationId, personId, keyId, endUser }: Principal, key: HmacKey): string {
  const who = JSON.stringify([organisationId, personId ?? keyId ?? 'owner', endUser])
  return key.of(who).toString('base64url').slice(0, 16)
}
