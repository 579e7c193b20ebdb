import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { EntryId } from '../core/ids.ts'
import type { Part } from '../core/part.ts'
import type { Principal } from '../core/principal.ts'
import type { Verdict } from '../core/verdict.ts'
import type { AdmissionTimes, Asking, Outcome, RecordStage } from '../pipeline/stages.ts'

/** One who is told how each accepted request goes, besides the log. None of this may throw. */
export interface Watcher {
  begin(asking: Asking, principal: Principal, entryId: EntryId, took: OpeningTimes): Watching
}

/** How long the stages took until a request was accepted, in milliseconds. */
export interface OpeningTimes extends AdmissionTimes {
  readonly record: number
}

export interface Watching {
  judged?(verdict: Verdict, begunAt?: number): void
  released?(part: Part): void
  /** Awaited before the last part leaves. Never rejects. */
  close(outcome: Outcome): Promise<void> | void
  /** The entry is sealed and usage settled, or could not be: it took so many milliseconds from `close` on. */
  sealed?(milliseconds: number): void
}

export interface Watchers {
  /** Those who write: with the log's entry, in one commit. */
  readonly keeping: readonly Watcher[]
  /** Those who only count. */
  readonly onlooking: readonly Watcher[]
}

/**
 * The record stage of several who keep one: the log decides whether a request is accepted at all and gives it its id;
 * usage and monitoring hear of everything that it hears of.
 */
export function recordStage(log: RecordStage, { keeping, onlooking }: Watchers): RecordStage {
  return {
    async open(asking, principal, took) {
      const begun = performance.now()
      const entry = await log.open(asking, principal, took)
      const times = { ...took, record: performance.now() - begun }
      const begin = (watcher: Watcher) => watcher.begin(asking, principal, entry.id, times)
      const [keepers, onlookers] = [keeping.map(begin), onlooking.map(begin)]
      const watching = [...keepers, ...onlookers]
      return {
        id: entry.id,
        judged(verdict, begunAt) {
          entry.judged(verdict)
          for (const one of watching) one.judged?.(verdict, begunAt)
        },
        released(part) {
          entry.released(part)
          for (const one of watching) one.released?.(part)
        },
        async close(outcome) {
          const ended = performance.now()
          const closed = async (one: Watching) => await one.close(outcome)
          const kept = Promise.all([entry.close(outcome), ...keepers.map(closed)])
          // What is to be kept goes to the disk with this turn: what takes processor time only is done while that writes.
          const seen = endOfTurn().then(() => Promise.all(onlookers.map(closed)))
          try {
            await Promise.all([kept, seen])
          } finally {
            const took = performance.now() - ended
            for (const one of onlookers) one.sealed?.(took)
          }
        },
      }
    },
  }
}
