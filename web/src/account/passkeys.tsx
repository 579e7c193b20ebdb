import { Fingerprint } from 'lucide-react'
import { useState } from 'react'
import { passkeysWork } from '../session/ways-in.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { card } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { addPasskey, removePasskey, type Account } from './account.ts'
import { useChange } from './use-change.ts'

export function Passkeys({ account: { passkeys, fresh } }: { readonly account: Account }) {
  const [name, setName] = useState('')
  const adding = useChange(addPasskey)
  const removing = useChange(removePasskey)
  return (
    <div className={card}>
      {passkeys.length === 0 ? <p className="text-sm text-soft">You have none yet.</p> : null}
      <ul className="divide-y divide-line">
        {passkeys.map((passkey) => (
          <li key={passkey.id} className="flex items-center gap-3 py-2 first:pt-0">
            <Fingerprint aria-hidden className="size-5 shrink-0 text-faint" />
            <span className="min-w-0 flex-1 text-sm">
              <span className="block truncate font-medium">{passkey.name}</span>
              <span className="block text-xs text-faint">
                {passkey.last_used_at === null ? 'never used' : <When at={passkey.last_used_at} />}
              </span>
            </span>
            <Button disabled={!fresh || removing.isPending} onClick={() => removing.mutate(passkey.id)}>
              Remove
            </Button>
          </li>
        ))}
      </ul>
      {passkeysWork() ? (
        <form
          className="mt-3 flex flex-wrap items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            adding.mutate(name.trim(), { onSuccess: () => setName('') })
          }}
        >
          <Field
            label="Name of this device"
            className="min-w-0 flex-1 basis-56"
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder="laptop"
            disabled={!fresh}
          />
          <Button
            type="submit"
            disabled={!fresh || name.trim() === '' || adding.isPending}
            className="min-h-[2.375rem]"
          >
            Add a passkey
          </Button>
        </form>
      ) : (
        <p className="mt-2 text-sm text-faint">
          Passkeys need https, or http://localhost on this machine itself.
        </p>
      )}
      <ProblemLine error={adding.error ?? removing.error} />
    </div>
  )
}
