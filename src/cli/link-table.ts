import type { LinkView } from '../api/standing/explaining.ts'
import { shownTime } from '../core/shown-time.ts'
import { table } from './table.ts'

/** Others who were met with the same, for a reviewer to judge. */
export function linkTable(links: readonly LinkView[]): string {
  const rows = links.map(({ target, name, shares, last_at, rung }) => [
    target,
    name ?? '',
    shares.map(({ kind, shared_by }) => `${kind} (of ${shared_by})`).join(', '),
    shownTime(last_at),
    rung ?? '',
  ])
  return table([['LIKE', 'NAME', 'SHARES', 'LAST', 'STANDING'], ...rows])
}
