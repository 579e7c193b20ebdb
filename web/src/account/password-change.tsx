import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { SecretField } from '../ui/field.tsx'
import { card } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { setPassword, type Account } from './account.ts'
import { useChange } from './use-change.ts'

export function PasswordChange({ account: { password, fresh } }: { readonly account: Account }) {
  const [text, setText] = useState('')
  const change = useChange(setPassword)
  return (
    <form
      className={card}
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate(text, { onSuccess: () => setText('') })
      }}
    >
      <p className="text-sm text-soft">
        {password === null ? (
          'You have none.'
        ) : (
          <>
            Set on <When at={password.changed_at} />. Changing it ends all your other sessions.
          </>
        )}
      </p>
      <div className="mt-3 flex flex-wrap items-end gap-2">
        <SecretField
          label="New password"
          className="min-w-0 flex-1 basis-56"
          value={text}
          onChange={(event) => setText(event.target.value)}
          autoComplete="new-password"
          disabled={!fresh}
        />
        <Button
          type="submit"
          disabled={!fresh || text === '' || change.isPending}
          className="min-h-[2.375rem]"
        >
          {password === null ? 'Set' : 'Change'}
        </Button>
      </div>
      <ProblemLine error={change.error} />
      {change.isSuccess ? (
        <p role="status" className="mt-2 text-sm text-accent">
          It is changed.
        </p>
      ) : null}
    </form>
  )
}
