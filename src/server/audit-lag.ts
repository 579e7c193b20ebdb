import type { Clock } from '../core/clock.ts'
import type { Registry } from '../monitoring/registry.ts'

const everyMilliseconds = 10_000

interface LogState {
  readonly size: number
  readonly checkpointSize: number
}

/** Measures how far the log's newest checkpoint is behind. @returns a function that stops it */
export function watchAuditLag(
  state: () => Promise<LogState>,
  registry: Pick<Registry, 'set'>,
  clock: Clock,
): () => void {
  /** The oldest size that was seen without a checkpoint, and when. */
  let behind: { readonly size: number; readonly since: number } | null = null
  const look = async () => {
    const { size, checkpointSize } = await state()
    const now = clock.now()
    if (behind !== null && checkpointSize >= behind.size) behind = null
    if (behind === null && checkpointSize < size) behind = { size, since: now }
    registry.set('elpis_audit_unpublished_entries', {}, Math.max(0, size - checkpointSize))
    registry.set('elpis_audit_lag_seconds', {}, behind === null ? 0 : (now - behind.since) / 1000)
  }
  // What the database refuses is counted where it is called.
  const timer = setInterval(() => void look().catch(() => {}), everyMilliseconds)
  timer.unref()
  void look().catch(() => {})
  return () => clearInterval(timer)
}
