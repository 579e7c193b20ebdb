import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { AppLink } from '../ui/app-link.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { LongField } from '../ui/field.tsx'
import { card } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { CaseSteps } from './case-steps.tsx'
import { LinkList } from './link-list.tsx'
import { MeasureRow } from './measure-row.tsx'
import { decide, skip, type Outcome, type Review } from './review.ts'
import { caseFileQuery } from './standing.ts'
import { TargetName } from './target-name.tsx'

const words: Readonly<Record<Outcome, string>> = {
  upheld: 'Uphold the measure',
  reversed: 'Lift the measure',
  taken: 'Take the step',
  dismissed: 'Do not take it',
}

export interface ReviewDeskProps {
  readonly review: Review
  readonly onNext: (review: Review | null) => void
}

/** One review with all that it rests on, and what can be decided. */
export function ReviewDesk({ review, onNext }: ReviewDeskProps) {
  const [reason, setReason] = useState('')
  const deciding = useMutation({
    mutationFn: (outcome: Outcome) => decide(review.id, outcome, reason),
    onSuccess: onNext,
  })
  const skipping = useMutation({ mutationFn: () => skip(review.id, reason), onSuccess: onNext })
  const idle = reason.trim() !== '' && !deciding.isPending && !skipping.isPending
  return (
    <article aria-label="The review" className={card}>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <Badge look="bad">
          {review.kind === 'appeal' ? 'appeal' : `to be ${review.proposed ?? 'decided'}`}
        </Badge>
        <TargetName target={review.target} name={review.name} />
        <span className="text-xs text-faint">
          since <When at={review.created_at} />
          {review.claimed_until === null ? null : (
            <>
              {' '}
              · yours until <When at={review.claimed_until} />
            </>
          )}
        </span>
      </p>
      {review.statement === null ? null : (
        <blockquote className="mt-3 border-l-2 border-accent pl-4 break-words whitespace-pre-wrap">
          {review.statement}
        </blockquote>
      )}
      {review.case === null ? null : <Evidence id={review.case} />}
      <div className="mt-4 border-t border-line pt-4">
        <LongField
          label="Reason"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          maxLength={500}
        />
        <p className="mt-1 text-xs text-faint">
          Needed for skipping, too. Whoever it concerns reads why it was decided as it was.
        </p>
        <ProblemLine error={deciding.error ?? skipping.error} />
        <div className="mt-3 flex flex-wrap gap-2">
          {review.actions.map((outcome) => (
            <Button
              key={outcome}
              look={outcome === 'upheld' || outcome === 'taken' ? 'danger' : 'primary'}
              disabled={!idle}
              onClick={() => deciding.mutate(outcome)}
            >
              {words[outcome]}
            </Button>
          ))}
          <Button className="ml-auto" disabled={!idle} onClick={() => skipping.mutate()}>
            Skip
          </Button>
        </div>
      </div>
    </article>
  )
}

function Evidence({ id }: { readonly id: string }) {
  const { data, error } = useQuery(caseFileQuery(id))
  if (data === undefined) return <ProblemLine error={error} />
  return (
    <>
      <ul className="mt-3 -mx-4 divide-y divide-line border-y border-line">
        {data.measures.map((measure) => (
          <MeasureRow key={measure.id} measure={measure} final />
        ))}
      </ul>
      <div className="mt-3">
        <CaseSteps steps={data.steps} />
        <LinkList links={data.links} />
      </div>
      <AppLink to={`/console/cases/${id}`} className="mt-2 inline-block font-mono text-xs underline">
        {id}
      </AppLink>
    </>
  )
}
