import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { NotThereYet } from '../chat/not-there-yet.tsx'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { LongField } from '../ui/field.tsx'
import { card, Page, Section } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { appeal, ownCaseQuery, type OwnCase } from './own-case.ts'

/** What was decided about whoever reads it, why, until when, and how to appeal. */
export function CasePage({ id }: { readonly id: string }) {
  const { data, error, refetch } = useQuery(ownCaseQuery(id))
  return (
    <Page title="Your case">
      {data === undefined ? (
        <div className="mt-6">
          <NotThereYet error={error} retry={refetch} />
        </div>
      ) : (
        <Decided decided={data} />
      )}
    </Page>
  )
}

function Decided({ decided }: { readonly decided: OwnCase }) {
  return (
    <>
      <p className="mt-2 text-sm text-faint">
        <span className="font-mono">{decided.id}</span> · concerns{' '}
        <span className="font-mono break-all">{decided.concerns}</span>
      </p>
      <ul className="mt-5 grid gap-3">
        {decided.measures.map(({ what, means, why, by, since, until, in_force, ended }) => (
          <li key={`${what}:${since}`} className={card}>
            <p className="flex flex-wrap items-center gap-2">
              <strong className="font-serif text-lg font-semibold">{means}</strong>
              <Badge look={in_force ? 'bad' : 'plain'}>{in_force ? what : 'over'}</Badge>
            </p>
            <dl className="mt-3 grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[auto_1fr]">
              <dt className="text-faint">Why</dt>
              <dd className="break-words">{why}</dd>
              <dt className="text-faint">By</dt>
              <dd>{by}</dd>
              <dt className="text-faint">Since</dt>
              <dd>
                <When at={since} />
              </dd>
              <dt className="text-faint">Until</dt>
              <dd>{until === null ? 'it is lifted' : <When at={until} />}</dd>
              {ended === null ? null : (
                <>
                  <dt className="text-faint">Lifted</dt>
                  <dd className="break-words">
                    <When at={ended.at} />: {ended.why}
                  </dd>
                </>
              )}
            </dl>
          </li>
        ))}
      </ul>
      {decided.strikes.length === 0 ? null : (
        <Section
          title="What it rests on"
          about="The requests, by their ids. What was said in them is not shown here."
        >
          <ul className={`${card} grid gap-1 text-sm`}>
            {decided.strikes.map(({ at, hazard, request }) => (
              <li key={`${at}:${request ?? ''}`} className="flex flex-wrap gap-x-3">
                <When at={at} />
                <span>{hazard ?? 'other'}</span>
                <span className="font-mono text-xs break-all text-faint">{request}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {decided.appeals.length === 0 ? null : <Appeals appeals={decided.appeals} />}
      {decided.appeal === null ? null : (
        <Section title="Appeal" about="Somebody other than whoever decided this reads it.">
          <AppealForm address={decided.appeal.address} caseId={decided.id} />
        </Section>
      )}
    </>
  )
}

function Appeals({ appeals }: Pick<OwnCase, 'appeals'>) {
  return (
    <Section title="What you said against it" about="And what came of it.">
      <ul className="grid gap-3">
        {appeals.map(({ id, lodged_at, statement, decided }) => (
          <li key={id} className={card}>
            <p className="text-sm break-words whitespace-pre-wrap">{statement}</p>
            <p className="mt-1 text-sm text-faint">
              Lodged <When at={lodged_at} />
            </p>
            {decided === null ? (
              <p role="status" className="mt-3 text-sm">
                Your appeal is lodged and waits for somebody to read it. What comes of it will stand here.
              </p>
            ) : (
              <>
                <p className="mt-3 flex flex-wrap items-center gap-2">
                  <strong className="font-serif font-semibold">{decided.means}</strong>
                  <Badge look={decided.outcome === 'reversed' ? 'good' : 'plain'}>{decided.outcome}</Badge>
                </p>
                <p className="mt-1 text-sm break-words">
                  <When at={decided.at} />: {decided.why}
                </p>
              </>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function AppealForm({ address, caseId }: { readonly address: string; readonly caseId: string }) {
  const [statement, setStatement] = useState('')
  const queries = useQueryClient()
  const lodging = useMutation({
    mutationFn: () => appeal(address, statement),
    onSettled: () => queries.invalidateQueries({ queryKey: ownCaseQuery(caseId).queryKey }),
  })
  return (
    <form
      className={card}
      onSubmit={(event) => {
        event.preventDefault()
        lodging.mutate()
      }}
    >
      <LongField
        label="Why this should be looked at again"
        value={statement}
        onChange={(event) => setStatement(event.target.value)}
        maxLength={4000}
      />
      <ProblemLine error={lodging.error} />
      <Button
        type="submit"
        look="primary"
        className="mt-3"
        disabled={statement.trim() === '' || lodging.isPending}
      >
        Lodge the appeal
      </Button>
    </form>
  )
}
