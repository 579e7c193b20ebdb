import { CircleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Problem } from '../server/problem.ts'
import { Button } from '../ui/button.tsx'

export interface ProblemAction {
  readonly label: string
  readonly run: () => void
}

export interface ProblemNoticeProps {
  readonly problem: Problem
  /** The first one is the likeliest way out; it waits as long as the server asked for. */
  readonly actions: readonly ProblemAction[]
}

/** What went wrong and what to do, where it happened. */
export function ProblemNotice({ problem, actions }: ProblemNoticeProps) {
  const wait = useCountdown(problem.retryAfterSeconds ?? 0)
  return (
    <div role="alert" className="max-w-full rounded-xl bg-danger-tint px-4 py-3 text-sm">
      <p className="flex gap-2 font-medium text-danger">
        <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
        <span className="min-w-0 break-words">{problem.message}</span>
      </p>
      {problem.hint === '' ? null : <p className="mt-1 break-words text-soft sm:pl-6">{problem.hint}</p>}
      <div className="mt-3 flex flex-wrap items-center gap-2 sm:pl-6">
        {actions.map(({ label, run }, index) => (
          <Button key={label} onClick={run} disabled={index === 0 && wait > 0}>
            {index === 0 && wait > 0 ? `${label} in ${wait} s` : label}
          </Button>
        ))}
        {problem.requestId === null ? null : (
          <span className="font-mono text-xs break-all text-faint">{problem.requestId}</span>
        )}
      </div>
    </div>
  )
}

/** Whole seconds left of `seconds`, counted from the first render. */
function useCountdown(seconds: number): number {
  const [left, setLeft] = useState(Math.ceil(seconds))
  useEffect(() => {
    if (left <= 0) return undefined
    const timer = setTimeout(() => setLeft(left - 1), 1000)
    return () => clearTimeout(timer)
  }, [left])
  return left
}
