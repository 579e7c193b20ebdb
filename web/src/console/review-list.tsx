import { useQuery } from '@tanstack/react-query'
import { problemOf } from '../server/problem.ts'
import { AppLink } from '../ui/app-link.tsx'
import { Badge } from '../ui/badge.tsx'
import { Nothing } from '../ui/page.tsx'
import { When } from '../ui/when.tsx'
import { TargetName } from './target-name.tsx'
import { reviewsQuery, type Review } from './review.ts'

/** Reviews, to look at. */
export function ReviewList({ which }: { readonly which: 'waiting' | 'appeals' }) {
  const { data, error } = useQuery(reviewsQuery(which))
  if (data === undefined) return error === null ? null : <Nothing>{problemOf(error).message}</Nothing>
  if (data.reviews.length === 0) {
    return <Nothing>{which === 'waiting' ? 'Nothing waits.' : 'Nobody has appealed.'}</Nothing>
  }
  return (
    <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
      {data.reviews.map((review) => (
        <ReviewRow key={review.id} review={review} />
      ))}
    </ul>
  )
}

function ReviewRow({ review }: { readonly review: Review }) {
  const { kind, proposed, target, name, case: caseId, created_at, claimed_by, decided, statement } = review
  return (
    <li className="px-4 py-3 text-sm">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">{kind === 'appeal' ? 'Appeal' : `To be ${proposed ?? 'decided'}`}</span>
        <TargetName target={target} name={name} />
        {decided === null ? (
          <Badge>{claimed_by === null ? 'waits' : 'taken'}</Badge>
        ) : (
          <Badge look="good">{decided.outcome}</Badge>
        )}
        <span className="ml-auto text-xs text-faint">
          <When at={created_at} />
        </span>
      </p>
      {statement === null ? null : <p className="mt-1 line-clamp-3 break-words text-soft">{statement}</p>}
      {decided === null ? null : (
        <p className="mt-1 text-xs break-words text-faint">
          <When at={decided.at} /> by {decided.by}: {decided.reason}
        </p>
      )}
      {caseId === null ? null : (
        <AppLink to={`/console/cases/${caseId}`} className="mt-1 inline-block font-mono text-xs underline">
          {caseId}
        </AppLink>
      )}
    </li>
  )
}
