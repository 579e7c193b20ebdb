import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../server/problem.ts'
import { Button } from '../ui/button.tsx'
import { Choice, Field } from '../ui/field.tsx'
import { card, Nothing, Section } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { useActs } from './acts.ts'
import { MeasureRow } from './measure-row.tsx'
import { ScoreCard } from './score-card.tsx'
import { bansQuery, explanationQuery, takeStep, type Step } from './standing.ts'

const rungs = [
  { value: 'warned', text: 'Warn' },
  { value: 'restricted', text: 'Restrict' },
  { value: 'suspended', text: 'Suspend' },
  { value: 'banned', text: 'Ban' },
] as const
const lengths = [
  { value: '', text: 'as usual' },
  { value: '86400', text: '1 day' },
  { value: '604800', text: '7 days' },
  { value: '2592000', text: '30 days' },
] as const

/** Who is barred, why somebody stands where they do, and steps to take. */
export function StandingPage() {
  const bans = useQuery(bansQuery)
  const { steps } = useActs()
  const [wanted, setWanted] = useState('')
  const [target, setTarget] = useState('')
  return (
    <>
      <Section
        title="Look somebody up"
        about="By key:NAME, person:ADDRESS, org:NAME (ids do as well), user:HASH, net:CIDR or domain:NAME."
      >
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            setTarget(wanted.trim())
          }}
        >
          <Field
            label="Whom"
            className="min-w-0 flex-1"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
            placeholder="person:ada@acme.example"
            spellCheck={false}
            autoCapitalize="none"
          />
          <Button type="submit" disabled={wanted.trim() === ''} className="min-h-[2.375rem]">
            Show
          </Button>
        </form>
        {target === '' ? null : <Explained target={target} />}
      </Section>
      {steps.length === 0 ? null : (
        <Section
          title="Take a step"
          about="It takes hold at once, also on what is running. Whoever it concerns reads the reason and may appeal."
        >
          <StepForm />
        </Section>
      )}
      <Section title="Bans in force">
        {bans.data === undefined ? (
          bans.error === null ? null : (
            <Nothing>{problemOf(bans.error).message}</Nothing>
          )
        ) : bans.data.measures.length === 0 ? (
          <Nothing>Nobody is barred.</Nothing>
        ) : (
          <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
            {bans.data.measures.map((measure) => (
              <MeasureRow key={measure.id} measure={measure} />
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}

function Explained({ target }: { readonly target: string }) {
  const { data, error } = useQuery(explanationQuery(target))
  if (error !== null) return <ProblemLine error={error} />
  return data === undefined ? null : <ScoreCard explanation={data} />
}

function StepForm() {
  const queries = useQueryClient()
  const { steps } = useActs()
  const [target, setTarget] = useState('')
  const [rung, setRung] = useState<Step['rung']>('warned')
  const [seconds, setSeconds] = useState('')
  const [reason, setReason] = useState('')
  const taking = useMutation({
    mutationFn: takeStep,
    onSuccess: () => {
      setReason('')
      void queries.invalidateQueries({ queryKey: ['standing'] })
    },
  })
  const ready = target.trim() !== '' && reason.trim() !== ''
  return (
    <form
      className={`${card} grid gap-3 sm:grid-cols-2`}
      onSubmit={(event) => {
        event.preventDefault()
        taking.mutate({
          target: target.trim(),
          rung,
          reason,
          seconds: seconds === '' ? null : Number(seconds),
        })
      }}
    >
      <Field
        label="Against"
        value={target}
        onChange={(event) => setTarget(event.target.value)}
        placeholder="key:NAME"
        spellCheck={false}
        autoCapitalize="none"
        className="sm:col-span-2"
      />
      <Choice
        label="Step"
        options={rungs.filter(({ value }) => steps.includes(value))}
        value={rung}
        onChange={(event) => setRung(event.target.value as Step['rung'])}
      />
      <Choice
        label="For"
        options={rung === 'banned' ? [{ value: '', text: 'good' }, ...lengths.slice(1)] : lengths}
        value={seconds}
        onChange={(event) => setSeconds(event.target.value)}
      />
      <Field
        label="Reason"
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        maxLength={500}
        className="sm:col-span-2"
      />
      <div className="flex items-center gap-3 sm:col-span-2">
        <Button
          type="submit"
          look={rung === 'banned' ? 'danger' : 'primary'}
          disabled={!ready || taking.isPending}
        >
          {rungs.find(({ value }) => value === rung)?.text}
        </Button>
        {taking.isSuccess ? (
          <p role="status" className="text-sm text-accent">
            Done: {taking.data.case}
          </p>
        ) : null}
      </div>
      <div className="sm:col-span-2">
        <ProblemLine error={taking.error} />
      </div>
    </form>
  )
}
