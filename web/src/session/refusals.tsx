import type { Problem } from '../server/problem.ts'

/** Why a one-time link did not let anybody in. */
export function RefusedLink({ problem }: { readonly problem: Problem }) {
  // Only a refusal is about the link; a server that cannot be reached says so in its own words.
  const aboutLink = problem.status !== null && problem.status < 500
  return (
    <div role="alert" className="mt-6 rounded-xl bg-danger-tint px-4 py-3 text-sm">
      <p className="font-medium text-danger">
        {aboutLink ? 'This sign-in link does not work any more.' : problem.message}
      </p>
      <p className="mt-1 text-soft">
        {aboutLink ? (
          <>
            It works once, and only for a while. Get a new one with{' '}
            <code className="font-mono text-ink">elpis keys link</code>, or use a key.
          </>
        ) : (
          problem.hint
        )}
      </p>
    </div>
  )
}

const reasons: Readonly<Record<string, string>> = {
  provider_stranger: 'Nobody was invited under the address of that account.',
  provider_refused: 'The other account did not say who you are.',
  provider_unavailable: 'The other account cannot be reached.',
  sign_in_over: 'That took too long, or was begun elsewhere.',
}

/** Why another account did not let anybody in, when one came back from there. */
export function RefusedProvider() {
  const code = new URLSearchParams(globalThis.location.search).get('refused')
  if (code === null) return null
  return (
    <div role="alert" className="mt-6 rounded-xl bg-danger-tint px-4 py-3 text-sm">
      <p className="font-medium text-danger">{reasons[code] ?? 'The other account did not let you in.'}</p>
      <p className="mt-1 text-soft">
        {code === 'provider_stranger'
          ? 'Whoever runs this server can invite you; or use another way in.'
          : 'Try again, or use another way in.'}
      </p>
    </div>
  )
}
