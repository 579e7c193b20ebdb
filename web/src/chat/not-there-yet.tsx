import { problemOf } from '../server/problem.ts'
import { ProblemNotice } from './problem-notice.tsx'

export interface NotThereYetProps {
  /** Why a query has no data; null while it is on its way. */
  readonly error: Error | null
  readonly retry: () => unknown
}

/** In place of what a query has not brought: nothing at first, then what is wrong and a way to try again. */
export function NotThereYet({ error, retry }: NotThereYetProps) {
  if (error === null) return null
  return (
    <ProblemNotice problem={problemOf(error)} actions={[{ label: 'Try again', run: () => void retry() }]} />
  )
}
