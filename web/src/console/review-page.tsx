import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Session } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { card, Section } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { takeNext, type Review } from './review.ts'
import { ReviewDesk } from './review-desk.tsx'
import { ReviewList } from './review-list.tsx'

/** What waits for a person: one at a time, and the next one comes by itself. */
export function ReviewPage({ session }: { readonly session: Session }) {
  return (
    <>
      {session.role === 'auditor' ? null : (
        <Section title="At your desk" about="Nobody else gets what you take, for 15 minutes.">
          <Desk />
        </Section>
      )}
      <Section title="Waiting" about="The oldest first. Nobody gets to review what they decided themselves.">
        <ReviewList which="waiting" />
      </Section>
    </>
  )
}

/** All appeals, with what became of them. */
export function AppealsPage() {
  return (
    <div className="mt-5">
      <ReviewList which="appeals" />
    </div>
  )
}

function Desk() {
  const queries = useQueryClient()
  /** Undefined before anything was taken, null when nothing waits. */
  const [current, setCurrent] = useState<Review | null>()
  const show = (review: Review | null) => {
    setCurrent(review)
    void queries.invalidateQueries({ queryKey: ['standing'] })
  }
  const taking = useMutation({ mutationFn: takeNext, onSuccess: show })
  if (current) return <ReviewDesk key={current.id} review={current} onNext={show} />
  return (
    <div className={`${card} flex flex-wrap items-center justify-between gap-3`}>
      <p role="status" className="text-sm text-soft">
        {current === null ? 'Nothing waits for you.' : 'You have taken nothing yet.'}
      </p>
      <Button look="primary" disabled={taking.isPending} onClick={() => taking.mutate()}>
        Take the next
      </Button>
      <ProblemLine error={taking.error} />
    </div>
  )
}
