import type { LinkView } from '../api/standing/explaining.ts'
import { table } from './table.ts'

/** Others who were met with the same, for a reviewer to judge. */
export function linkTable(links: readonly LinkView[]): string {
  const rows = links.map(({ target, shares, last_at, rung }) => [
    target,
    shares.map(({ kind, shared_by }) => `${kind} (of ${shared_by})`).join(', '),
    last_at.slice(0, 16).replace('T', ' '),
    rung ?? '',
  ])
  return table([['LIKE', 'SHARES', 'LAST', 'STANDING'], ...rows])
}
