import { problemOf } from '../server/problem.ts'

/** What went wrong with the form above it; nothing for null. */
export function ProblemLine({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null
  const { message, hint, retryAfterSeconds } = problemOf(error)
  return (
    <p role="alert" className="mt-3 text-sm break-words text-danger">
      {message}{' '}
      <span className="text-soft">
        {retryAfterSeconds === null ? hint : `Wait ${wait(retryAfterSeconds)}.`}
      </span>
    </p>
  )
}

function wait(seconds: number): string {
  return seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds)} s`
}
