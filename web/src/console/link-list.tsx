import { useId } from 'react'
import { Badge } from '../ui/badge.tsx'
import { When } from '../ui/when.tsx'
import type { Link } from './standing.ts'
import { TargetName } from './target-name.tsx'

/** Others who were met with the same, as evidence to judge: nothing follows from it alone. */
export function LinkList({ links }: { readonly links: readonly Link[] }) {
  const heading = useId()
  if (links.length === 0) return null
  return (
    <section aria-labelledby={heading} className="mt-4 border-t border-line pt-4 text-sm">
      <h3 id={heading} className="font-medium">
        Others who were met with the same
      </h3>
      <p className="text-xs text-faint">Evidence to judge: by itself it says nothing of who somebody is.</p>
      <ul aria-labelledby={heading} className="mt-1 divide-y divide-line">
        {links.map(({ target, name, shares, last_at, rung }) => (
          <li key={target} className="py-2.5">
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <TargetName target={target} name={name} />
              {rung === null ? null : <Badge look="bad">{rung}</Badge>}
            </p>
            <p className="mt-1 text-soft">
              {shares.map(({ kind, shared_by }) => `the same ${kind}, which ${shared_by} have`).join('; ')}
            </p>
            <p className="mt-0.5 text-xs text-faint">
              last met <When at={last_at} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}
