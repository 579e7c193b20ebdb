import { queryOptions, useQuery } from '@tanstack/react-query'
import { ShieldAlert } from 'lucide-react'
import { usePath } from '../route.ts'
import { AppLink } from '../ui/app-link.tsx'
import { checkLog } from './pin.ts'

export const logQuery = queryOptions({
  queryKey: ['log'],
  queryFn: ({ signal }) => checkLog(signal),
  staleTime: 60_000,
  refetchInterval: 300_000,
})

/** Says over every page that the log is not the one that this browser knows. */
export function LogWarning() {
  const { data } = useQuery(logQuery)
  const path = usePath()
  if (data?.kind !== 'broken') return null
  return (
    <div
      role="alert"
      className="safe-x flex flex-wrap items-center justify-center gap-x-3 gap-y-1 bg-danger-tint py-2 text-sm text-danger"
    >
      <ShieldAlert aria-hidden className="size-4 shrink-0" />
      <span className="min-w-0">
        {data.what === 'key'
          ? 'This server signs its log with another key than before.'
          : 'The log of this server does not go on from what this browser saw before.'}
      </span>
      {path === '/transparency' ? null : (
        <AppLink to="/transparency" className="font-medium underline">
          What this means
        </AppLink>
      )}
    </div>
  )
}
