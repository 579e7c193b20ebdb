import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import type { Session } from './session.ts'
import { signInByCode } from './ways-in.ts'

export interface CodeFormProps {
  readonly step: string
  readonly onEntered: (session: Session) => void
  readonly onBack: () => void
}

/** The second half of signing in. */
export function CodeForm({ step, onEntered, onBack }: CodeFormProps) {
  const [code, setCode] = useState('')
  const entering = useMutation({ mutationFn: () => signInByCode(step, code), onSuccess: onEntered })
  return (
    <form
      className="mt-7 grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (code.trim() !== '') entering.mutate()
      }}
    >
      <Field
        label="Code of your app"
        value={code}
        onChange={(event) => setCode(event.target.value)}
        inputMode="text"
        autoComplete="one-time-code"
        autoFocus
        hint="Or one of your recovery codes, if the app is lost."
      />
      <ProblemLine error={entering.error} />
      <Button
        type="submit"
        look="primary"
        disabled={code.trim() === '' || entering.isPending}
        className="min-h-12 w-full rounded-xl text-base"
      >
        Sign in
      </Button>
      <Button onClick={onBack}>Back</Button>
    </form>
  )
}
