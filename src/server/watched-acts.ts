import type { Act, Acts } from '../core/acts.ts'
import type { Monitor } from '../monitoring/monitor.ts'

/** The same acts; those about somebody's standing are counted and told to who watches. */
export function watchedActs(acts: Acts, { registry, feed }: Pick<Monitor, 'registry' | 'feed'>): Acts {
  function tell({ kind, details: { rung, case: caseId, lifted } }: Act): void {
    if (kind !== 'standing-changed' && kind !== 'appeal-opened' && kind !== 'appeal-decided') return
    // Rungs are few and ours.
    const name = lifted === true ? 'lifted' : typeof rung === 'string' ? rung : kind
    registry.count('elpis_standing_acts_total', { act: name })
    feed.tell({ type: 'standing-act', act: name, case: typeof caseId === 'string' ? caseId : null })
  }
  return {
    async record(act) {
      const entry = await acts.record(act)
      tell(act)
      return entry
    },
    async within(act, change) {
      const changed = await acts.within(act, change)
      if (changed !== null && changed !== false) tell(act)
      return changed
    },
  }
}
