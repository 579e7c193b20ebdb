import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Choice, Field } from '../ui/field.tsx'
import { card } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { Secret } from '../ui/secret.tsx'
import { createKey, roles } from './people.ts'

const roleOptions = roles.map((role) => ({ value: role, text: role }))
const lives = [
  { value: '', text: 'never' },
  { value: '1', text: 'in a day' },
  { value: '30', text: 'in 30 days' },
  { value: '365', text: 'in a year' },
]
const scopes = [
  { value: '', text: 'whatever its role may' },
  { value: 'answers,models', text: 'answers only' },
  { value: 'embeddings,rerank,tokenize,models', text: 'embeddings and ranks only' },
]

/** Makes a key and shows it once. */
export function KeyForm() {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [role, setRole] = useState<string>('member')
  const [days, setDays] = useState('')
  const [scope, setScope] = useState('')
  const [models, setModels] = useState('')
  const [requests, setRequests] = useState('')
  const making = useMutation({
    mutationFn: () =>
      createKey({
        name,
        role,
        expires_at: days === '' ? null : Date.now() + Number(days) * 86_400_000,
        limits: {
          scopes: scope === '' ? null : scope.split(','),
          models: models.trim() === '' ? null : models.split(',').map((model) => model.trim()),
          rate: requests === '' ? null : { requests: Number(requests), period: 'day' },
        },
      }),
    onSuccess: () => {
      setName('')
      void queries.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  return (
    <form
      className={`${card} grid gap-3 sm:grid-cols-3`}
      onSubmit={(event) => {
        event.preventDefault()
        making.mutate()
      }}
    >
      <Field
        label="Name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        placeholder="what it is for"
        maxLength={100}
      />
      <Choice
        label="Role"
        options={roleOptions}
        value={role}
        onChange={(event) => setRole(event.target.value)}
      />
      <Choice
        label="Expires"
        options={lives}
        value={days}
        onChange={(event) => setDays(event.target.value)}
      />
      <Choice label="For" options={scopes} value={scope} onChange={(event) => setScope(event.target.value)} />
      <Field
        label="Models"
        value={models}
        onChange={(event) => setModels(event.target.value)}
        placeholder="all"
        spellCheck={false}
      />
      <Field
        label="Requests a day"
        type="number"
        min={1}
        value={requests}
        onChange={(event) => setRequests(event.target.value)}
        placeholder="no bound"
      />
      <div className="sm:col-span-3">
        <Button type="submit" look="primary" disabled={name.trim() === '' || making.isPending}>
          Make the key
        </Button>
        <ProblemLine error={making.error} />
        {making.data === undefined ? null : <Secret name="The key" text={making.data} />}
      </div>
    </form>
  )
}
