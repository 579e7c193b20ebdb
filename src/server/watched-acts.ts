import type { Acts } from '../core/acts.ts'
import type { Monitor } from '../monitoring/monitor.ts'

/** The same acts; those about somebody's standing are counted and told to who watches. */
export function watchedActs(acts: Acts, { registry, feed }: Pick<Monitor, 'registry' | 'feed'>): Acts {
  return {
    async record(act) {
      const entry = await acts.record(act)
      if (act.kind === 'standing-changed' || act.kind === 'appeal-opened' || act.kind === 'appeal-decided') {
        const { rung, case: caseId, lifted } = act.details
        // Rungs are few and ours.
        const name = lifted === true ? 'lifted' : typeof rung === 'string' ? rung : act.kind
        registry.count('elpis_standing_acts_total', { act: name })
        feed.tell({ type: 'standing-act', act: name, case: typeof caseId === 'string' ? caseId : null })
      }
      return entry
    },
  }
}
