import type { Sha256 } from '../../core/ids.ts'
import type { FreeBytes } from './disk.ts'
import type { PartialFile } from './partial-file.ts'
import type { Report } from './progress.ts'
import type { PullLimits } from './settings.ts'

/** One file that is wanted from a source, and what is known of it. */
export interface Wanted {
  /** The file's own name, for messages. */
  readonly file: string
  /** The source, for messages and the record. */
  readonly source: string
  readonly expected: Sha256 | null
  /** Bytes it should have, roughly; null when unknown. */
  readonly bytes: number | null
  readonly signal: AbortSignal
  readonly report: Report
  readonly limits: PullLimits
  readonly free: FreeBytes
  readonly environment: NodeJS.ProcessEnv
}

/**
 * Brings all bytes of a file into `partial`, not yet checked against any digest.
 *
 * @returns the digest that the source itself promises, when it does
 * @throws `SourceFailure` when this source cannot give it; `disk_full`; the signal's reason
 */
export type FetchFile = (partial: PartialFile, wanted: Wanted) => Promise<Sha256 | null>
