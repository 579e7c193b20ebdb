import { Monitor } from 'lucide-react'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { card } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { endSessions, type Account } from './account.ts'
import { useChange } from './use-change.ts'

/** All of one's open sessions, each with a way to end it. */
export function SessionList({ account: { sessions } }: { readonly account: Account }) {
  const ending = useChange(endSessions)
  return (
    <div className={card}>
      <ul className="divide-y divide-line">
        {sessions.map(({ id, current, agent, network, method, created_at }) => (
          <li key={id} className="flex items-center gap-3 py-2 first:pt-0">
            <Monitor aria-hidden className="size-5 shrink-0 text-faint" />
            <span className="min-w-0 flex-1 text-sm">
              <span className="flex items-center gap-2 font-medium">
                <span className="truncate">{browserOf(agent)}</span>
                {current ? <Badge look="good">this one</Badge> : null}
              </span>
              <span className="block text-xs text-faint">
                <When at={created_at} /> · by {method}
                {network === null ? '' : ` · ${network}`}
              </span>
            </span>
            {current ? null : (
              <Button disabled={ending.isPending} onClick={() => ending.mutate(id)}>
                End
              </Button>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 ? (
        <Button className="mt-3" disabled={ending.isPending} onClick={() => ending.mutate(null)}>
          End all others
        </Button>
      ) : null}
      <ProblemLine error={ending.error} />
    </div>
  )
}

const browsers = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const
const systems = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS', 'macOS'],
  ['Linux', 'Linux'],
] as const

/** What a browser calls itself, in the words of its owner; browsers name each other, so the order counts. */
function browserOf(agent: string | null): string {
  const find = (names: readonly (readonly [string, string])[]) =>
    names.find(([mark]) => agent?.includes(mark) === true)?.[1]
  const browser = find(browsers)
  const system = find(systems)
  if (browser === undefined) return agent === null || agent === '' ? 'A browser' : agent.slice(0, 60)
  return system === undefined ? browser : `${browser} on ${system}`
}
