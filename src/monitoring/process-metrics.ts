import { monitorEventLoopDelay } from 'node:perf_hooks'
import { readFileSync } from 'node:fs'
import type { ModelStatus } from '../core/engine.ts'
import type { Registry } from './registry.ts'

const pageBytes = 4096
/** Of those that are set anew at every reading, what follows `elpis_engine_`. */
const engineGauges = [
  'active',
  'queued',
  'ready',
  'memory_bytes',
  'sequences',
  'cache_cells',
  'draft_tokens',
] as const

/** Resident bytes of a process of this machine; null where that cannot be known. */
export function residentBytes(processId: number): number | null {
  if (process.platform !== 'linux') return null
  try {
    // proc(5): of statm, the second number is the resident set in pages.
    return Number(readFileSync(`/proc/${processId}/statm`, 'latin1').split(' ')[1]) * pageBytes
  } catch {
    return null
  }
}

/** How the server itself and its models are, read when somebody asks. @returns a function that stops measuring */
export function processMetrics(
  registry: Registry,
  status: () => readonly ModelStatus[],
  startedAt: number,
): () => void {
  const lag = monitorEventLoopDelay({ resolution: 10 })
  lag.enable()
  registry.onRead(() => {
    for (const [percentile, nanoseconds] of [
      ['50', lag.percentile(50)],
      ['99', lag.percentile(99)],
      ['100', lag.max],
    ] as const) {
      // The measuring timer itself comes every 10 ms.
      registry.set('elpis_event_loop_lag_seconds', { percentile }, Math.max(0, nanoseconds / 1e9 - 0.01))
    }
    lag.reset()
    const { user, system } = process.cpuUsage()
    registry.set('process_cpu_seconds_total', {}, (user + system) / 1e6)
    registry.set('process_resident_memory_bytes', {}, process.memoryUsage.rss())
    registry.set('process_start_time_seconds', {}, startedAt / 1000)
    for (const gauge of engineGauges) registry.clear(`elpis_engine_${gauge}`)
    for (const { model, state, active, queued, processId, occupancy } of status()) {
      const ready = state.state === 'ready' || state.state === 'unloaded'
      registry.set('elpis_engine_active', { model }, active)
      registry.set('elpis_engine_queued', { model }, queued)
      registry.set('elpis_engine_ready', { model }, ready ? 1 : 0)
      const bytes = processId === undefined ? null : residentBytes(processId)
      if (bytes !== null) registry.set('elpis_engine_memory_bytes', { model }, bytes)
      if (occupancy === undefined) continue
      registry.set('elpis_engine_sequences', { model }, occupancy.sequences)
      registry.set('elpis_engine_cache_cells', { model, use: 'running' }, occupancy.cells)
      registry.set('elpis_engine_cache_cells', { model, use: 'kept' }, occupancy.keptCells)
      if (occupancy.drafts === undefined) continue
      registry.set('elpis_engine_draft_tokens', { model, which: 'proposed' }, occupancy.drafts.proposed)
      registry.set('elpis_engine_draft_tokens', { model, which: 'right' }, occupancy.drafts.right)
    }
  })
  return () => lag.disable()
}
