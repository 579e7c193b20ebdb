import { Badge } from '../ui/badge.tsx'
import { When } from '../ui/when.tsx'
import type { Link } from './standing.ts'

/** Others who were met with the same, as evidence to judge: nothing follows from it alone. */
export function LinkList({ links }: { readonly links: readonly Link[] }) {
  if (links.length === 0) return null
  return (
    <ul
      aria-label="Others who were met with the same"
      className="mt-4 grid gap-2 border-t border-line pt-3 text-sm"
    >
      {links.map(({ target, shares, last_at, rung }) => (
        <li key={target} className="flex flex-wrap items-center gap-x-3">
          <span className="font-mono text-xs break-all">{target}</span>
          {rung === null ? null : <Badge look="bad">{rung}</Badge>}
          <span className="text-soft">
            shares {shares.map(({ kind, shared_by }) => `${kind} (of ${shared_by})`).join(', ')}
          </span>
          <span className="ml-auto text-xs text-faint">
            <When at={last_at} />
          </span>
        </li>
      ))}
    </ul>
  )
}
