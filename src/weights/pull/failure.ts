/** Why one source could not give a file. The next source is tried; only when none is left does it become an error. */

/**
 * - `unreachable`: nobody answered, or the connection never came about
 * - `refused`: whoever answered wants somebody else, or nobody
 * - `missing`: the file is not there
 * - `broken`: it stopped, stalled, or broke its own protocol
 * - `digest`: it sent something else than what was promised
 */
export type FailureKind = 'unreachable' | 'refused' | 'missing' | 'broken' | 'digest'

/**
 * One source failed to give a file: what kind of failure, what happened in words, and what the user can do about it.
 */
export class SourceFailure extends Error {
  readonly kind: FailureKind
  /** What the user can do about it, when there is something. */
  readonly advice: string | null

  constructor(kind: FailureKind, message: string, advice: string | null = null) {
    super(message)
    this.name = 'SourceFailure'
    this.kind = kind
    this.advice = advice
  }
}

/** What is here is of no use and has to be fetched again from the first byte; the message says why. */
export class StartOver extends Error {}
