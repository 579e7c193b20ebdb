import type { UseHistory } from '../standing/rules/use-history.ts'
import type { UsageStore } from '../usage/store.ts'

const minute = 60_000
const hour = 60 * minute
const mostRows = 100_000

/** What usage counts anyway, as rules over behaviour look at it. */
export function useHistory(usage: Pick<UsageStore, 'ask'>): UseHistory {
  return {
    async rows({ since, until, byHour }) {
      const rows = await usage.ask({
        since: Math.ceil(since / minute) * minute,
        until: Math.ceil(until / minute) * minute,
        where: {},
        groupBy: ['organisation', 'person', 'key', 'end_user'],
        interval: byHour ? hour : null,
        limit: mostRows,
      })
      return {
        rows: rows.slice(0, mostRows).map(({ start, group, requests }) => ({
          at: start ?? 0,
          organisation: group.organisation ?? '',
          person: group.person ?? null,
          key: group.key ?? null,
          endUser: group.end_user ?? null,
          requests,
        })),
        complete: rows.length <= mostRows,
      }
    },
  }
}
