import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../server/problem.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Nothing, Section } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { useActs } from './acts.ts'
import { KeyForm } from './key-form.tsx'
import { keysQuery, revokeKey, type Key } from './people.ts'

/** Keys: made here, shown once, ended at once. */
export function KeysPage() {
  const { keys } = useActs()
  return (
    <>
      {keys ? (
        <Section title="Make a key" about="It never does more than you may yourself.">
          <KeyForm />
        </Section>
      ) : null}
      <Section title="Keys">
        <KeyList ends={keys} />
      </Section>
    </>
  )
}

/** @param ends whether they can be ended here */
export function KeyList({ ends }: { readonly ends: boolean }) {
  const { data, error } = useQuery(keysQuery)
  if (data === undefined) return error === null ? null : <Nothing>{problemOf(error).message}</Nothing>
  const keys = data.keys.toSorted((one, other) => other.created_at - one.created_at)
  if (keys.length === 0) return <Nothing>There are no keys yet.</Nothing>
  return (
    <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
      {keys.map((key) => (
        <KeyRow key={key.id} value={key} ends={ends} />
      ))}
    </ul>
  )
}

function KeyRow({ value: key, ends }: { readonly value: Key; readonly ends: boolean }) {
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const revoke = useMutation({
    mutationFn: revokeKey,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  })
  return (
    <li className="px-4 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <span className="min-w-0 flex-1 basis-60">
          <span className="flex items-center gap-2 font-medium">
            <span className="truncate">{key.name}</span>
            {key.role === 'member' ? null : <Badge look="good">{key.role}</Badge>}
            {key.service ? <Badge>service</Badge> : null}
            {key.revoked_at === null ? null : <Badge look="bad">revoked</Badge>}
          </span>
          <span className="block text-xs text-faint">
            of {key.whose} · <span className="font-mono">{key.prefix}…</span> ·{' '}
            <span className="break-all">{key.id}</span> ·{' '}
            {key.last_used_at === null ? (
              'never used'
            ) : (
              <>
                used <When at={key.last_used_at} />
              </>
            )}
            {key.expires_at === null ? null : (
              <>
                {' '}
                · until <When at={key.expires_at} />
              </>
            )}
          </span>
          <Narrowed limits={key.limits} />
        </span>
        {key.revoked_at === null && ends ? (
          <Button look="danger" onClick={() => setAsking(true)}>
            Revoke
          </Button>
        ) : null}
      </div>
      <ProblemLine error={revoke.error} />
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Revoke “${key.name}”?`}
        text="It works no more from this moment on; what it is running ends."
        action="Revoke"
        onConfirm={() => revoke.mutate(key.id)}
      />
    </li>
  )
}

function Narrowed({ limits: { scopes, models, rate } }: Pick<Key, 'limits'>) {
  const parts = [
    ...(scopes === null ? [] : [`for ${scopes.join(', ')}`]),
    ...(models === null ? [] : [`models ${models.join(', ')}`]),
    ...(rate === null ? [] : [`${rate.requests} requests a ${rate.period}`]),
  ]
  return parts.length === 0 ? null : <span className="block text-xs text-soft">{parts.join(' · ')}</span>
}
