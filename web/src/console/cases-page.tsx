import { useQuery } from '@tanstack/react-query'
import { problemOf } from '../server/problem.ts'
import { usePath } from '../route.ts'
import { AppLink } from '../ui/app-link.tsx'
import { Badge } from '../ui/badge.tsx'
import { card, Nothing, Section } from '../ui/page.tsx'
import { When } from '../ui/when.tsx'
import { CaseSteps } from './case-steps.tsx'
import { LinkList } from './link-list.tsx'
import { MeasureRow } from './measure-row.tsx'
import { TargetName } from './target-name.tsx'
import { caseFileQuery, casesQuery } from './standing.ts'

/** All cases, the latest first; or one of them with its evidence. */
export function CasesPage() {
  const [, id] = /^\/console\/cases\/(case_\w+)$/u.exec(usePath()) ?? []
  const { data, error } = useQuery(casesQuery)
  if (id !== undefined) return <CaseFile id={id} />
  if (data === undefined) return error === null ? null : <Nothing>{problemOf(error).message}</Nothing>
  if (data.cases.length === 0)
    return (
      <div className="mt-5">
        <Nothing>There are no cases.</Nothing>
      </div>
    )
  return (
    <ul className="mt-5 divide-y divide-line rounded-xl border border-line bg-raised">
      {data.cases.map(({ id: caseId, target, name, state, updated_at }) => (
        <li key={caseId}>
          <AppLink
            to={`/console/cases/${caseId}`}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-sm hover:bg-hover"
          >
            <TargetName target={target} name={name} />
            <Badge look={state === 'open' ? 'bad' : 'plain'}>{state}</Badge>
            <span className="ml-auto text-xs text-faint">
              <When at={updated_at} />
            </span>
          </AppLink>
        </li>
      ))}
    </ul>
  )
}

function CaseFile({ id }: { readonly id: string }) {
  const { data, error } = useQuery(caseFileQuery(id))
  if (data === undefined) return error === null ? null : <Nothing>{problemOf(error).message}</Nothing>
  return (
    <>
      <p className="mt-2 text-sm text-soft">
        <AppLink to="/console/cases" className="underline">
          All cases
        </AppLink>{' '}
        · <span className="font-mono text-xs">{data.id}</span> ·{' '}
        <TargetName target={data.target} name={data.name} />
      </p>
      <Section title="Measures">
        <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
          {data.measures.map((measure) => (
            <MeasureRow key={measure.id} measure={measure} />
          ))}
        </ul>
      </Section>
      <Section title="What happened">
        <div className={card}>
          <CaseSteps steps={data.steps} />
          <LinkList links={data.links} />
        </div>
      </Section>
    </>
  )
}
