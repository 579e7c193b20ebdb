import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { problemOf } from '../server/problem.ts'
import type { Session } from '../session/session.ts'
import { AppLink } from '../ui/app-link.tsx'
import { usePath } from '../route.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { download } from '../ui/download.ts'
import { card, Nothing, Section } from '../ui/page.tsx'
import { ProblemLine } from '../ui/problem-line.tsx'
import { When } from '../ui/when.tsx'
import { IncidentForm } from './incident-form.tsx'
import { IncidentUpdate } from './incident-update.tsx'
import { incidentReport, incidentsQuery, regimeWords, type Incident } from './incidents.ts'

/** What went wrong, which reports are due, and when. */
export function IncidentsPage({ session }: { readonly session: Session }) {
  const [, id] = /^\/console\/incidents\/(inc_\w+)$/u.exec(usePath()) ?? []
  const { data, error } = useQuery(incidentsQuery)
  const acts = session.role === 'owner' || session.role === 'admin'
  if (data === undefined) {
    return error === null ? null : (
      <div className="mt-5">
        <Nothing>{problemOf(error).message}</Nothing>
      </div>
    )
  }
  if (id !== undefined) {
    const incident = data.incidents.find((one) => one.id === id)
    return incident === undefined ? (
      <div className="mt-5">
        <Nothing>There is no such incident.</Nothing>
      </div>
    ) : (
      <IncidentFile incident={incident} acts={acts} />
    )
  }
  return (
    <>
      {acts ? (
        <Section
          title="Open an incident"
          about="The clocks run from now. Whether a law applies is yours to decide; this is no legal advice."
        >
          <IncidentForm />
        </Section>
      ) : null}
      <Section title="Incidents">
        {data.incidents.length === 0 ? (
          <Nothing>There were none.</Nothing>
        ) : (
          <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
            {data.incidents.map((incident) => (
              <IncidentRow key={incident.id} incident={incident} />
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}

function IncidentRow({ incident }: { readonly incident: Incident }) {
  const { id, title, discovered_at, closed_at, next_due, clocks } = incident
  const next = clocks.find(({ due, reported }) => reported === null && due === next_due)
  return (
    <li>
      <AppLink
        to={`/console/incidents/${id}`}
        className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-sm hover:bg-hover"
      >
        <span className="min-w-0 font-medium break-words">{title}</span>
        <Badge look={closed_at === null ? 'bad' : 'plain'}>{closed_at === null ? 'open' : 'closed'}</Badge>
        {next === undefined ? null : <Left seconds={next.seconds_left} />}
        <span className="ml-auto text-xs text-faint">
          <When at={discovered_at} />
        </span>
      </AppLink>
    </li>
  )
}

function IncidentFile({ incident, acts }: { readonly incident: Incident; readonly acts: boolean }) {
  const queries = useQueryClient()
  const { id, title, discovered_at, closed_at, clocks, evidence, notes } = incident
  const exporting = useMutation({
    mutationFn: () => incidentReport(id),
    onSuccess: (text) => download(`${id}.json`, 'application/json', text),
  })
  return (
    <>
      <p className="mt-2 text-sm text-soft">
        <AppLink to="/console/incidents" className="underline">
          All incidents
        </AppLink>{' '}
        · <span className="font-mono text-xs">{id}</span>
      </p>
      <h2 className="mt-4 flex flex-wrap items-center gap-3 font-serif text-2xl font-semibold break-words">
        {title}
        <Badge look={closed_at === null ? 'bad' : 'plain'}>{closed_at === null ? 'open' : 'closed'}</Badge>
      </h2>
      <p className="mt-1 text-sm text-soft">
        Discovered <When at={discovered_at} />
        {closed_at === null ? null : (
          <>
            , closed <When at={closed_at} />
          </>
        )}
      </p>
      <div className="mt-3">
        <Button icon={Download} disabled={exporting.isPending} onClick={() => exporting.mutate()}>
          Export with proofs
        </Button>
        <ProblemLine error={exporting.error} />
      </div>
      <Section title="Clocks">
        {clocks.length === 0 ? (
          <Nothing>No law was named.</Nothing>
        ) : (
          <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
            {clocks.map(({ regime, due, reported, seconds_left }) => (
              <li key={regime} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-sm">
                <span>{wordsOf(regime)}</span>
                {reported !== null ? (
                  <Badge look="good">reported</Badge>
                ) : closed_at === null ? (
                  <Left seconds={seconds_left} />
                ) : (
                  <Badge>not reported</Badge>
                )}
                <span className="ml-auto text-xs text-faint">
                  {reported === null ? 'due ' : ''}
                  <When at={reported ?? due} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Evidence" about="Entries of the log; the export holds their proofs.">
        {evidence.length === 0 ? (
          <Nothing>None was named.</Nothing>
        ) : (
          <ul className={`${card} grid gap-1 font-mono text-xs break-all`}>
            {evidence.map((entry) => (
              <li key={entry}>{entry}</li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Notes">
        {notes.length === 0 ? (
          <Nothing>There are none.</Nothing>
        ) : (
          <ol className={`${card} grid gap-3 text-sm`}>
            {notes.map(({ at, by, text }) => (
              <li key={`${at}:${text}`}>
                <p className="text-xs text-faint">
                  <When at={at} /> by {by}
                </p>
                <p className="break-words whitespace-pre-wrap">{text}</p>
              </li>
            ))}
          </ol>
        )}
      </Section>
      {acts && closed_at === null ? (
        <Section title="What is new" about="It is an entry of the log.">
          <IncidentUpdate
            incident={incident}
            onDone={() => void queries.invalidateQueries({ queryKey: ['incidents'] })}
          />
        </Section>
      ) : null}
    </>
  )
}

/** How long is left of a clock; red in its last day, and after it. */
function Left({ seconds }: { readonly seconds: number }) {
  const hours = seconds / 3600
  if (hours < 0) return <Badge look="bad">{`overdue by ${spanOf(-hours)}`}</Badge>
  return <Badge look={hours < 24 ? 'bad' : 'plain'}>{`${spanOf(hours)} left`}</Badge>
}

function spanOf(hours: number): string {
  return hours >= 48 ? `${Math.floor(hours / 24)} days` : `${Math.floor(hours)} hours`
}

function wordsOf(regime: string): string {
  return Object.hasOwn(regimeWords, regime) ? regimeWords[regime as keyof typeof regimeWords] : regime
}
