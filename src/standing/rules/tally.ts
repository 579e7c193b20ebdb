/** What a rule counts, over a window that moves on with what is added. Nothing here touches a store or a clock. */
import { forReview, type StandingEvent } from '../event.ts'
import type { Rule } from './rule-set.ts'
import { mostEvents, ofUse, type RuleText, type SignalOf } from './schema.ts'

/** Requests of somebody, together, around one moment. */
export interface Use {
  readonly at: number
  readonly requests: number
  readonly key: string | null
  /** A keyed hash of the address; null where it was not noted. */
  readonly network: string | null
}

/** Counts what belongs to one rule and one target. Things are added in the order of their times. */
export interface Tally<Thing> {
  /** @returns the measure of the window that ends with this one */
  add(thing: Thing): number
}

/**
 * Counts events: prompts that are alike, different hazards, or all events within the rule's window (milliseconds).
 * Events must come in the order of their times.
 */
export function eventTally({ signal, within }: Rule): Tally<StandingEvent> {
  const window: Kept[] = []
  const bits = signal.kind === 'probes' ? signal.bits : 0
  const byPrompt = signal.kind === 'retried' || signal.kind === 'probes'
  return {
    add({ at, fingerprint, hazard, requestId }) {
      if (byPrompt && fingerprint === null) return 0
      const [high, low] = numbersOf(fingerprint ?? '0')
      // Several signals may come of one request: it is one prompt all the same.
      const again = byPrompt && requestId !== null && window.at(-1)?.requestId === requestId
      if (!again) window.push({ at, high, low, hazard, requestId })
      while (window.length > mostEvents || (window[0]?.at ?? at) <= at - within) window.shift()
      if (signal.kind === 'breadth') return new Set(window.map((one) => one.hazard)).size
      if (!byPrompt) return window.length
      return window.filter((one) => ones(high ^ one.high) + ones(low ^ one.low) <= bits).length
    },
  }
}

/** What is kept of an event as long as it is in the window. */
interface Kept extends Pick<StandingEvent, 'at' | 'hazard' | 'requestId'> {
  /** The two halves of the fingerprint. */
  readonly high: number
  readonly low: number
}

/**
 * Measures use: volume, or how many keys or networks were in use within the rule's window (milliseconds). Use must
 * come in the order of its times.
 */
export function useTally({ signal, within }: Rule): Tally<Use> {
  if (signal.kind === 'volume') return volumeTally(signal, within)
  // The last time of each: it is in the window as long as that is.
  const last = new Map<string, number>()
  return {
    add({ at, key, network }) {
      const name = signal.kind === 'keys' ? key : network
      if (name !== null) {
        last.delete(name)
        last.set(name, at)
      }
      for (const [other, when] of last) {
        if (when > at - within) break
        last.delete(other)
      }
      return last.size
    },
  }
}

/**
 * Whether so many requests in a window are so many times what is usual. Who was never here before has no usual: the number
 * alone decides.
 *
 * @param before requests in the time that what is usual is taken from
 */
export function isSudden(
  requests: number,
  before: number,
  { times, usual }: Pick<SignalOf<'volume'>, 'times' | 'usual'>,
  within: number,
): boolean {
  return times <= 1 || requests >= ((before * within) / usual) * times
}

function volumeTally(signal: SignalOf<'volume'>, within: number): Tally<Use> {
  const window: { at: number; requests: number }[] = []
  const before: { at: number; requests: number }[] = []
  let now = 0
  let then = 0
  return {
    add({ at, requests }) {
      window.push({ at, requests })
      now += requests
      while ((window[0]?.at ?? at) <= at - within) {
        const old = window.shift()
        if (old === undefined) break
        before.push(old)
        now -= old.requests
        then += old.requests
      }
      while ((before[0]?.at ?? at) <= at - within - signal.usual) then -= before.shift()?.requests ?? 0
      return isSudden(now, then, signal, within) ? now : 0
    },
  }
}

/** Whether an event is of those that a rule counts. What rules themselves wrote, and what was taken back, never is. */
export function counts({ signal }: Rule, event: StandingEvent): boolean {
  if (ofUse(signal.kind) || !('severity' in signal)) return false
  const { source, hazard, severity, direction, attributable, note, voidedBy } = event
  if (hazard === null || voidedBy !== null || note?.startsWith('rule:') === true) return false
  if (!comesFrom(signal.kind, source, note)) return false
  if (signal.hazards !== undefined && !(signal.hazards as readonly string[]).includes(hazard)) return false
  if (signal.direction !== 'any' && signal.direction !== direction) return false
  // "other" is no hazard of its own.
  if (signal.kind === 'breadth' && hazard === 'other') return false
  return severity >= signal.severity && (attributable || !signal.own_words)
}

function comesFrom(kind: RuleText['signal']['kind'], source: StandingEvent['source'], note: string | null) {
  if (kind === 'outside') return source === 'webhook'
  return (note === null || note === forReview) && (source === 'guard' || source === 'rule')
}

/** 16 hex digits as two whole numbers of 32 bits. */
function numbersOf(fingerprint: string): [number, number] {
  return [
    (Number.parseInt(fingerprint.slice(0, 8), 16) || 0) | 0,
    (Number.parseInt(fingerprint.slice(8), 16) || 0) | 0,
  ]
}

/** How many bits are set (Hacker's Delight, 5-1). */
function ones(value: number): number {
  let bits = value - ((value >>> 1) & 0x5555_5555)
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
}
