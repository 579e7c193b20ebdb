import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Eye } from 'lucide-react'
import { AppLink } from '../ui/app-link.tsx'
import { Button } from '../ui/button.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { noticesQuery, seeNotice } from './notices.ts'

/** Tells whoever asks here that somebody read it, and why, until they say that they have seen it. */
export function ReadingNotice() {
  const { data } = useQuery(noticesQuery)
  const queries = useQueryClient()
  const seeing = useMutation({
    mutationFn: seeNotice,
    onSuccess: () => queries.invalidateQueries({ queryKey: noticesQuery.queryKey }),
  })
  const newest = data?.data.find(({ seen }) => seen === null)
  if (data === undefined || newest === undefined) return null
  const more = data.unseen - 1
  return (
    <aside
      role="status"
      aria-label="Who read what you said"
      className="mb-2 flex gap-3 rounded-xl bg-tint px-4 py-3 text-sm"
    >
      <Eye aria-hidden className="mt-0.5 size-4 shrink-0 text-accent" />
      <div className="min-w-0 flex-1">
        <p className="break-words">
          Somebody read what you asked and were answered (<When at={newest.at} />
          ). Their reason: “{newest.reason}”.
          {more === 0 ? '' : more === 1 ? ' And one more.' : ` And ${more} more.`}
        </p>
        <div className="mt-1 flex flex-wrap items-center justify-between gap-x-4">
          <AppLink to="/account" className="font-medium underline">
            Who read what, and why
          </AppLink>
          <Button
            look="quiet"
            className="-mx-3.5"
            disabled={seeing.isPending}
            onClick={() => seeing.mutate(newest.id)}
          >
            I have seen it
          </Button>
        </div>
        <ProblemLine error={seeing.error} />
      </div>
    </aside>
  )
}
