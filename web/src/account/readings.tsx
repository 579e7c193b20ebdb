import { useQuery } from '@tanstack/react-query'
import { problemOf } from '../server/problem.ts'
import { Badge } from '../ui/badge.tsx'
import { Nothing, Section } from '../ui/page.tsx'
import { When } from '../ui/when.tsx'
import { noticesQuery, type Notice } from './notices.ts'

/** Every reading of what one asked and was answered. */
export function Readings() {
  const { data, error } = useQuery(noticesQuery)
  return (
    <Section
      title="Who read what you said"
      about="Reading it takes a role and a reason, is in the log of this server, and stands here."
    >
      {data === undefined ? (
        error === null ? null : (
          <Nothing>{problemOf(error).message}</Nothing>
        )
      ) : data.data.length === 0 ? (
        <Nothing>Nobody did.</Nothing>
      ) : (
        <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
          {data.data.map((notice) => (
            <Reading key={notice.id} notice={notice} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function Reading({ notice: { at, reason, by, entry, seen } }: { readonly notice: Notice }) {
  return (
    <li className="px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 font-medium break-words">{reason}</span>
        {seen === null ? <Badge look="good">new</Badge> : null}
        <span className="text-xs text-faint">
          <When at={at} />
        </span>
      </div>
      <p className="mt-1 font-mono text-xs break-all text-faint">
        {by} · {entry}
      </p>
    </li>
  )
}
