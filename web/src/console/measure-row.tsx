import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { TargetName } from './target-name.tsx'
import { useActs } from './acts.ts'
import { liftAll, type Measure } from './standing.ts'

export interface MeasureRowProps {
  readonly measure: Measure
  /** To look at only. */
  readonly final?: boolean
}

/** One measure, and the way to end it. */
export function MeasureRow({ measure, final = false }: MeasureRowProps) {
  const queries = useQueryClient()
  const { lifts } = useActs()
  const [lifting, setLifting] = useState(false)
  const [reason, setReason] = useState('')
  const lift = useMutation({
    mutationFn: () => liftAll(measure.target, reason),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['standing'] }),
  })
  const [now] = useState(Date.now)
  const over = measure.lifted !== null || (measure.until !== null && Date.parse(measure.until) <= now)
  return (
    <li className="px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <TargetName {...measure} />
        <Badge look={over ? 'plain' : 'bad'}>{over ? `${measure.rung}, over` : measure.rung}</Badge>
        {over || final || !lifts ? null : (
          <Button className="ml-auto" onClick={() => setLifting(!lifting)} aria-expanded={lifting}>
            Lift
          </Button>
        )}
      </div>
      <p className="mt-1 break-words">{measure.reason}</p>
      <p className="mt-0.5 text-xs text-faint">
        <When at={measure.created_at} /> by {measure.by} ·{' '}
        {measure.until === null ? (
          'for good'
        ) : (
          <>
            until <When at={measure.until} />
          </>
        )}{' '}
        · {measure.case}
      </p>
      {lifting ? (
        <form
          className="mt-2 flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            lift.mutate()
          }}
        >
          <Field
            label="Why it is lifted"
            className="min-w-0 flex-1"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            autoFocus
          />
          <Button
            type="submit"
            look="primary"
            disabled={reason.trim() === '' || lift.isPending}
            className="min-h-[2.375rem]"
          >
            Lift
          </Button>
        </form>
      ) : null}
      <ProblemLine error={lift.error} />
    </li>
  )
}
