import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../server/problem.ts'
import type { Session } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Choice, Field } from '../ui/field.tsx'
import { card, Nothing, Section } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { Secret } from '../ui/secret.tsx'
import { invite, peopleQuery, removePerson, roles, setRole, type Person } from './people.ts'

const roleOptions = roles.map((role) => ({ value: role, text: role }))

/** Who is there, and who may come. */
export function PeoplePage({ session }: { readonly session: Session }) {
  const { data, error } = useQuery(peopleQuery)
  const manages = session.role === 'owner' || session.role === 'admin'
  return (
    <>
      {manages ? (
        <Section
          title="Invite somebody"
          about="The link lets them in once, within a week. Send it in a way that only they read."
        >
          <InviteForm />
        </Section>
      ) : null}
      <Section title="Who is there">
        {data === undefined ? (
          error === null ? null : (
            <Nothing>{problemOf(error).message}</Nothing>
          )
        ) : data.people.length === 0 ? (
          <Nothing>Nobody but whoever runs the server.</Nothing>
        ) : (
          <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
            {data.people.map((person) => (
              <PersonRow key={person.id} person={person} manages={manages} />
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}

function InviteForm() {
  const queries = useQueryClient()
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [role, setRoleOfGuest] = useState<string>('member')
  const inviting = useMutation({
    mutationFn: invite,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['people'] }),
  })
  return (
    <form
      className={`${card} grid items-end gap-3 sm:grid-cols-[1fr_1fr_auto_auto]`}
      onSubmit={(event) => {
        event.preventDefault()
        inviting.mutate({ email, role, ...(name.trim() === '' ? {} : { name }) })
      }}
    >
      <Field label="E-mail" type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
      <Field label="Name" value={name} onChange={(event) => setName(event.target.value)} />
      <Choice
        label="Role"
        options={roleOptions}
        value={role}
        onChange={(event) => setRoleOfGuest(event.target.value)}
      />
      <Button
        type="submit"
        look="primary"
        disabled={email.trim() === '' || inviting.isPending}
        className="min-h-[2.375rem]"
      >
        Invite
      </Button>
      <div className="sm:col-span-4">
        <ProblemLine error={inviting.error} />
        {inviting.data === undefined ? null : <Secret name="The invitation" text={inviting.data} />}
      </div>
    </form>
  )
}

function PersonRow({ person, manages }: { readonly person: Person; readonly manages: boolean }) {
  const queries = useQueryClient()
  const [removing, setRemoving] = useState(false)
  const again = { onSuccess: () => queries.invalidateQueries({ queryKey: ['people'] }) }
  const role = useMutation({ mutationFn: setRole, ...again })
  const remove = useMutation({ mutationFn: removePerson, ...again })
  const anew = useMutation({ mutationFn: invite })
  return (
    <li className="px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <span className="min-w-0 flex-1 basis-52">
          <span className="block truncate font-medium">{person.name}</span>
          <span className="block truncate text-xs text-faint">
            {person.organisation} · {person.email ?? 'no address'} ·{' '}
            <span className="font-mono">{person.id}</span>
          </span>
        </span>
        {manages ? (
          <>
            <select
              aria-label={`Role of ${person.name}`}
              value={person.role}
              onChange={(event) => role.mutate({ id: person.id, role: event.target.value })}
              className="min-h-9 rounded-lg border border-line bg-raised px-2"
            >
              {roles.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
            {person.email === null ? null : (
              <Button disabled={anew.isPending} onClick={() => anew.mutate({ email: person.email ?? '' })}>
                New link
              </Button>
            )}
            <Button look="danger" onClick={() => setRemoving(true)}>
              Remove
            </Button>
          </>
        ) : (
          <span className="text-soft">{person.role}</span>
        )}
      </div>
      <ProblemLine error={role.error ?? remove.error ?? anew.error} />
      {anew.data === undefined ? null : <Secret name="The invitation" text={anew.data} />}
      <Confirm
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${person.name}?`}
        text="Their keys, sessions and ways in end at once, with what is running. This cannot be undone."
        action="Remove"
        onConfirm={() => remove.mutate(person.id)}
      />
    </li>
  )
}
