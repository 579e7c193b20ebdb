import type { EntryId } from '../../core/ids.ts'
import type { Fingerprint } from './fingerprint.ts'

/** What is kept of one question for insight: never its text, never who asked. */
export interface Sign {
  readonly entryId: EntryId
  readonly at: number
  /** A keyed hash of whoever asked; tells people apart and nothing else. */
  readonly person: string
  readonly fingerprint: Fingerprint | null
  /** What the guard found, separated by spaces; empty when nothing. */
  readonly hazards: string
  /** 1 when the guard saw an attempt to get past the rules. */
  readonly attack: number
  /** 1 when it was refused. */
  readonly blocked: number
}

/** Every method is one transaction. */
export interface SignStore {
  /** Adds those that are not there yet, and deletes those before `forget`. */
  add(signs: readonly Sign[], forget: number): Promise<void>
  /** Those since, the newest first, at most `limit`. */
  since(at: number, limit: number): Promise<Sign[]>
  /** The key of fingerprints and of people; `made` becomes it when there is none yet. 32 bytes in base64. */
  key(made: string): Promise<string>
}
