import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../server/problem.ts'
import { card, Nothing } from '../ui/page.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { DayBars, type DayBar } from './day-bars.tsx'
import { Figure, Figures } from './figures.tsx'
import { usageQuery, type Group, type Usage, type UsageRow } from './usage.ts'

const measures = {
  tokens: { title: 'Tokens', of: (row: UsageRow) => row.input_tokens + row.output_tokens },
  requests: { title: 'Requests', of: (row: UsageRow) => row.requests },
  cost: { title: 'Cost', of: (row: UsageRow) => row.cost },
} as const

type Measure = keyof typeof measures

export interface UsagePanelProps {
  /** By what one may split it. */
  readonly groups?: readonly Group[]
}

const byModel = ['model'] as const

/** Usage of 30 days: the sums, and by day what it was made of. */
export function UsagePanel({ groups = byModel }: UsagePanelProps) {
  const [group, setGroup] = useState<Group>(groups[0] ?? 'model')
  const [measure, setMeasure] = useState<Measure>('tokens')
  const { data, error } = useQuery(usageQuery(group))
  if (data === undefined) {
    return error === null ? (
      <p className="text-sm text-faint">Adding up…</p>
    ) : (
      <Nothing>{problemOf(error).message}</Nothing>
    )
  }
  const { total, currency } = data
  if (total.requests === 0) return <Nothing>Nothing was used yet.</Nothing>
  return (
    <>
      <Figures>
        <Figure name="Requests" value={total.requests.toLocaleString()} more={`${total.failed} failed`} />
        <Figure name="Blocked" value={total.blocked.toLocaleString()} more="by the guard" />
        <Figure
          name="Tokens in"
          value={total.input_tokens.toLocaleString()}
          more={`${total.cached_tokens.toLocaleString()} from the cache`}
        />
        <Figure name="Tokens out" value={total.output_tokens.toLocaleString()} />
        <Figure name="Cost" value={money(total.cost, currency)} />
        <Figure
          name="Energy"
          value={total.energy_wh === null ? '–' : `${total.energy_wh.toFixed(1)} Wh`}
          more="estimated"
        />
      </Figures>
      <div className={`${card} mt-3`}>
        <div className="mb-3 flex flex-wrap gap-2 text-sm">
          <Tabs
            label="What is shown"
            options={(Object.keys(measures) as Measure[]).map((value) => ({
              value,
              text: measures[value].title,
            }))}
            value={measure}
            onChange={setMeasure}
          />
          {groups.length > 1 ? (
            <Tabs
              label="Split by"
              options={groups.map((value) => ({ value, text: `by ${value}` }))}
              value={group}
              onChange={setGroup}
            />
          ) : null}
        </div>
        <DayBars
          bars={barsOf(data, group, measures[measure].of)}
          label={`${measures[measure].title} by day`}
          text={(value) => (measure === 'cost' ? money(value, currency) : value.toLocaleString())}
        />
      </div>
    </>
  )
}

function barsOf({ data }: Usage, group: Group, of: (row: UsageRow) => number): DayBar[] {
  return data.map((row) => ({
    day: (row.start ?? '').slice(0, 10),
    name: row[group] ?? 'none',
    value: of(row),
  }))
}

function money(value: number, currency: string): string {
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 1 ? 4 : 2 })} ${currency}`
}
