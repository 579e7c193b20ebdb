import type { Act, Acts } from '../../src/core/acts.ts'
import type { EntryId } from '../../src/core/ids.ts'

/** Acts that are kept in memory, where there is no log. */
export function keptActs(): { acts: Acts; kept: Act[] } {
  const kept: Act[] = []
  const acts: Acts = {
    record: async (act) => (kept.push(act), 'ent_one' as EntryId),
    async within(act, change) {
      const changed = await change(null)
      if (changed !== null && changed !== false) kept.push(act)
      return changed
    },
  }
  return { kept, acts }
}
