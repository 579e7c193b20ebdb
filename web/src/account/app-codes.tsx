import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Field } from '../ui/field.tsx'
import { card } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { QrCode } from '../ui/qr-code.tsx'
import { beginTotp, confirmTotp, removeTotp, type Account } from './account.ts'
import { useChange } from './use-change.ts'

/** Adds an authenticator app, shows its recovery codes once, removes it. */
export function AppCodes({ account: { totp, fresh } }: { readonly account: Account }) {
  const [code, setCode] = useState('')
  const beginning = useChange(beginTotp)
  const confirming = useChange(confirmTotp)
  const removing = useChange(removeTotp)
  if (confirming.data !== undefined) {
    return <RecoveryCodes codes={confirming.data} onDone={confirming.reset} />
  }
  if (totp !== null) {
    return (
      <div className={`${card} flex flex-wrap items-center justify-between gap-3`}>
        <p className="text-sm">
          Set up. <span className="text-soft">{totp.recovery_codes_left} recovery codes are left.</span>
        </p>
        <Button disabled={!fresh || removing.isPending} onClick={() => removing.mutate(undefined)}>
          Remove
        </Button>
        <ProblemLine error={removing.error} />
      </div>
    )
  }
  if (beginning.data === undefined) {
    return (
      <div className={card}>
        <Button disabled={!fresh || beginning.isPending} onClick={() => beginning.mutate(undefined)}>
          Set up an app
        </Button>
        <ProblemLine error={beginning.error} />
      </div>
    )
  }
  const { secret, uri } = beginning.data
  return (
    <form
      className={`${card} grid gap-4 sm:grid-cols-[auto_1fr] sm:gap-6`}
      onSubmit={(event) => {
        event.preventDefault()
        confirming.mutate(code, {
          onSuccess: () => {
            beginning.reset()
            setCode('')
          },
        })
      }}
    >
      <QrCode text={uri} label="QR code for your authenticator app" />
      <div className="grid content-start gap-3">
        <p className="text-sm text-soft">
          Scan it with your authenticator app, or type the secret, then enter the code that it shows.
        </p>
        <p className="flex items-center gap-1 font-mono text-sm break-all">
          <span data-testid="totp-secret">{secret}</span>
          <CopyButton label="Copy the secret" text={() => secret} />
        </p>
        <Field
          label="Code"
          value={code}
          onChange={(event) => setCode(event.target.value)}
          inputMode="numeric"
          autoComplete="one-time-code"
          autoFocus
        />
        <div className="flex gap-2">
          <Button type="submit" look="primary" disabled={code.trim() === '' || confirming.isPending}>
            Confirm
          </Button>
          <Button onClick={() => beginning.reset()}>Cancel</Button>
        </div>
        <ProblemLine error={confirming.error} />
      </div>
    </form>
  )
}

function RecoveryCodes({
  codes,
  onDone,
}: {
  readonly codes: readonly string[]
  readonly onDone: () => void
}) {
  return (
    <div className={card}>
      <p className="text-sm font-medium">Your recovery codes, shown this once</p>
      <p className="mt-1 text-sm text-soft">
        Each lets you in once if the app is lost. Keep them where the app is not.
      </p>
      <ul aria-label="Recovery codes" className="mt-3 grid gap-x-8 gap-y-1 font-mono text-sm sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="mt-3 flex items-center gap-2">
        <Button look="primary" onClick={onDone}>
          I have kept them
        </Button>
        <CopyButton label="Copy all" text={() => codes.join('\n')} />
      </div>
    </div>
  )
}
