import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../server/problem.ts'
import { Badge } from '../ui/badge.tsx'
import { card, Nothing, Section } from '../ui/page.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { DayBars, type DayBar } from './day-bars.tsx'
import { Figure, Figures } from './figures.tsx'
import { guardQuery, type Found, type Overview } from './guard.ts'

/** By what one may split what was found; a verdict may name several hazards. */
const splits = {
  hazard: { text: 'by hazard', of: ({ hazards }: Found) => hazards.map(({ name }) => name) },
  layer: { text: 'by layer', of: ({ layer }: Found) => [layer] },
  action: { text: 'by action', of: ({ action, outcome }: Found) => [outcome === 'allow' ? action : outcome] },
} as const

type Split = keyof typeof splits

/** Policies in force, and what the guard found in the last 30 days. */
export function GuardPage() {
  const { data, error } = useQuery(guardQuery)
  if (data === undefined) {
    return error === null ? null : (
      <div className="mt-5">
        <Nothing>{problemOf(error).message}</Nothing>
      </div>
    )
  }
  return (
    <>
      <Verdicts verdicts={data.verdicts} />
      <Section title="Policies in force" about="Those that the settings name for anybody.">
        <Policies policies={data.policies} />
      </Section>
    </>
  )
}

function Verdicts({ verdicts }: Pick<Overview, 'verdicts'>) {
  const [split, setSplit] = useState<Split>('hazard')
  if (verdicts.length === 0) {
    return (
      <div className="mt-5">
        <Nothing>The guard has judged nothing in the last 30 days.</Nothing>
      </div>
    )
  }
  const sum = (counts: (found: Found) => boolean) =>
    verdicts.reduce((total, found) => (counts(found) ? total + found.count : total), 0).toLocaleString()
  // What passed without a word would hide all the rest.
  const notable = verdicts.filter(({ outcome, action }) => outcome !== 'allow' || action !== 'allow')
  return (
    <>
      <Figures>
        <Figure name="Judged" value={sum(() => true)} more="in 30 days" />
        <Figure name="Blocked" value={sum(({ outcome }) => outcome === 'block')} />
        <Figure name="Of questions" value={sum(isBlocked('input'))} more="blocked" />
        <Figure name="Of answers" value={sum(isBlocked('output'))} more="blocked" />
        <Figure name="Flagged" value={sum(({ action }) => action === 'flag' || action === 'review')} />
        <Figure name="Unavailable" value={sum(({ outcome }) => outcome === 'unavailable')} />
      </Figures>
      <Section title="What was found" about="By day, without what was let through and named nothing.">
        {notable.length === 0 ? (
          <Nothing>Nothing but what is allowed.</Nothing>
        ) : (
          <div className={card}>
            <div className="mb-3 flex text-sm">
              <Tabs
                label="Split by"
                options={(Object.keys(splits) as Split[]).map((value) => ({
                  value,
                  text: splits[value].text,
                }))}
                value={split}
                onChange={setSplit}
              />
            </div>
            <DayBars
              bars={barsOf(notable, splits[split].of)}
              label="Verdicts by day"
              text={(value) => value.toLocaleString()}
            />
          </div>
        )}
      </Section>
    </>
  )
}

function Policies({ policies }: Pick<Overview, 'policies'>) {
  if (policies.length === 0) return <Nothing>There is none.</Nothing>
  return (
    <ul className="grid gap-2 sm:grid-cols-2">
      {policies.map(({ name, version, summary }, index) => (
        <li key={name} className={`${card} min-w-0`}>
          <p className="flex flex-wrap items-center justify-between gap-2">
            <span className="font-medium">{name}</span>
            {index === 0 ? <Badge look="good">for the server as a whole</Badge> : null}
          </p>
          <p className="mt-1 text-sm text-soft">{summary}</p>
          <p className="mt-2 font-mono text-xs break-all text-faint">{version}</p>
        </li>
      ))}
    </ul>
  )
}

function isBlocked(what: string) {
  return ({ direction, outcome }: Found) => direction === what && outcome === 'block'
}

function barsOf(verdicts: readonly Found[], of: (found: Found) => readonly string[]): DayBar[] {
  const bars = new Map<string, DayBar>()
  for (const found of verdicts) {
    const names = of(found)
    for (const name of names.length === 0 ? ['no hazard named'] : names) {
      const key = `${found.day} ${name}`
      bars.set(key, { day: found.day, name, value: (bars.get(key)?.value ?? 0) + found.count })
    }
  }
  return [...bars.values()]
}
