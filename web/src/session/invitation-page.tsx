import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../server/problem.ts'
import { replace } from '../route.ts'
import { Button } from '../ui/button.tsx'
import { SecretField } from '../ui/field.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { CodeForm } from './code-form.tsx'
import type { Session } from './session.ts'
import { useEntered, Welcome } from './sign-in-page.tsx'
import { acceptInvitation, lookAtInvitation } from './ways-in.ts'

/** For whoever was invited: says to what, and asks for a password once. */
export function InvitationPage({ token }: { readonly token: string }) {
  const enter = useEntered()
  const [step, setStep] = useState<string | null>(null)
  const [password, setPassword] = useState('')
  const { data, error } = useQuery({
    queryKey: ['invitation'],
    queryFn: () => lookAtInvitation(token),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const entered = (session: Session) => {
    replace(null)
    enter(session)
  }
  const accepting = useMutation({
    mutationFn: () => acceptInvitation(token, password),
    onSuccess: (outcome) => ('needs' in outcome ? setStep(outcome.step) : entered(outcome)),
  })
  if (step !== null) {
    return (
      <Welcome>
        <CodeForm step={step} onEntered={entered} onBack={() => setStep(null)} />
      </Welcome>
    )
  }
  return (
    <Welcome>
      {error === null ? null : (
        <div role="alert" className="mt-6 rounded-xl bg-danger-tint px-4 py-3 text-sm">
          <p className="font-medium text-danger">{problemOf(error).message}</p>
          <p className="mt-1 text-soft">{problemOf(error).hint}</p>
        </div>
      )}
      {data === undefined ? null : (
        <form
          className="mt-6 grid gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            accepting.mutate()
          }}
        >
          <p>
            <strong className="font-semibold">{data.name}</strong>, you are invited to{' '}
            <strong className="font-semibold">{data.organisation}</strong>
            {data.role === 'member' ? '' : ` as ${data.role}`}.
          </p>
          <input type="hidden" autoComplete="username" value={data.email ?? data.name} readOnly />
          <SecretField
            label="Choose a password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            autoComplete="new-password"
            autoFocus
            hint="Ten characters or more. Four or five words that have nothing to do with each other are a good one."
          />
          <ProblemLine error={accepting.error} />
          <Button
            type="submit"
            look="primary"
            disabled={password === '' || accepting.isPending}
            className="min-h-12 w-full rounded-xl text-base"
          >
            Accept
          </Button>
          <p className="text-xs text-faint">
            The invitation works once, until <When at={data.expires_at} />.
          </p>
        </form>
      )}
    </Welcome>
  )
}
