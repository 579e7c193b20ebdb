import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { CaseId } from '../../core/ids.ts'
import { elpisError } from '../../errors.ts'
import { againstTarget, type StandingEvent } from '../event.ts'
import { validReason } from '../reason.ts'
import type { EventStore } from '../store.ts'
import type { Target } from '../target.ts'
import { signatureOf } from './signing.ts'

/** Another system that may tell of people, as the settings have it. */
export interface Source {
  readonly keys: readonly Buffer[]
  /** Whether what it says that somebody wrote costs them points; else only rules and people look at it. */
  readonly strikes: boolean
}

/** What came with a message, as https://www.standardwebhooks.com has it. */
export interface Envelope {
  readonly id: string
  /** Seconds. */
  readonly timestamp: string
  readonly signature: string
}

export interface OutsideSignal {
  readonly target: Target
  readonly hazard: NonNullable<StandingEvent['hazard']>
  readonly severity: number
  readonly direction: StandingEvent['direction']
  /** Whether they wrote it themselves. */
  readonly wrote: boolean
  readonly reason: string
  /** Whether a case shall be opened. */
  readonly opensCase: boolean
}

interface InboundParts {
  readonly sources: ReadonlyMap<string, Source>
  readonly events: EventStore
  readonly now: () => number
  readonly onWritten: (events: readonly StandingEvent[]) => Promise<void>
}

const toleranceSeconds = 300

/** Takes in what other systems tell: signed, fresh, and each message once, over all replicas. */
export class Inbound {
  readonly #parts: InboundParts

  constructor(parts: InboundParts) {
    this.#parts = parts
  }

  /** To be called before anything of the body is believed. @throws `signature_invalid` */
  verify(name: string, { id, timestamp, signature }: Envelope, body: Buffer): void {
    const source = this.#parts.sources.get(name)
    const age = Math.abs(this.#parts.now() / 1000 - Number(timestamp))
    const wellFormed = /^[\w.:-]{1,200}$/.test(id) && /^\d{1,12}$/.test(timestamp)
    const given = signature.slice(0, 2000).split(' ')
    const signed = (source?.keys ?? []).some((key) => {
      const expected = signatureOf(key, { id, timestamp }, body)
      return given.some((one) => one.startsWith('v1,') && same(expected, Buffer.from(one.slice(3), 'base64')))
    })
    // One answer for all of it: nobody learns which sources there are.
    if (!signed || !wellFormed || !(age <= toleranceSeconds)) throw elpisError('signature_invalid')
  }

  /**
   * Takes in a message that was verified.
   *
   * @returns false when it was taken in before
   * @throws `reason_invalid`
   */
  async take(name: string, { id }: Envelope, signal: OutsideSignal): Promise<boolean> {
    const { sources, events, now, onWritten } = this.#parts
    const { target, hazard, severity, direction, wrote, opensCase } = signal
    const reason = validReason(signal.reason)
    const at = now()
    const digest = createHash('sha256').update(`${name}\n${id}`).digest('hex')
    const event: StandingEvent = {
      ...againstTarget(target),
      id: `evt_${digest.slice(0, 24)}`,
      at,
      source: 'webhook',
      direction,
      hazard,
      severity,
      attributable: wrote && direction === 'input' && sources.get(name)?.strikes === true,
      requestId: null,
      entryId: null,
      note: `${name}: ${reason}`.slice(0, 500),
      voidedBy: null,
    }
    const fresh = `case_${randomBytes(12).toString('hex')}` as CaseId
    const detail = { event: event.id, hazard, severity, says: reason }
    const step = { at, kind: 'noticed', by: `outside:${name}`, detail } as const
    if (!(await events.addNew(event, opensCase ? { fresh, step } : null))) return false
    await onWritten([event])
    return true
  }
}

function same(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
