/** What may be asked about usage, and how the answer is put together. */
import { elpisError } from '../errors.ts'
import { measures, nothing, sumOf, type Measures } from './record.ts'
import type { Dimension, UsageQuestion, UsageRow, UsageStore } from './store.ts'

export const intervals = ['minute', 'hour', 'day', 'month'] as const
export type Interval = (typeof intervals)[number]

const spanOf: Readonly<Record<Interval, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  month: 86_400_000,
}

const mostRows = 10_000

export interface Asked extends Pick<UsageQuestion, 'since' | 'until' | 'where' | 'groupBy'> {
  readonly interval: Interval | null
}

export interface UsageAnswer {
  readonly rows: readonly UsageRow[]
  /** The sum of the rows. */
  readonly total: Measures
}

/**
 * Rows by time and group, and their sum. What was rolled up beyond the interval stands at the start of its own.
 *
 * @throws `invalid_request` when there would be too many rows
 */
export async function askUsage(store: Pick<UsageStore, 'ask'>, asked: Asked): Promise<UsageAnswer> {
  const { interval, since, until } = asked
  const found = await store.ask({
    ...asked,
    // Nothing is told apart below a minute.
    since: since - (since % spanOf.minute),
    until: Math.ceil(until / spanOf.minute) * spanOf.minute,
    interval: interval === null ? null : spanOf[interval],
    limit: mostRows,
  })
  if (found.length > mostRows) {
    throw elpisError('invalid_request', {
      problem: `The answer would have more than ${mostRows} rows: ask for less time, a longer interval or fewer groups.`,
    })
  }
  const rows = interval === 'month' ? byMonth(found) : found
  return { rows, total: rows.reduce<Measures>(sumOf, nothing) }
}

/** Months are not of one length, so that the store cannot know them. */
function byMonth(rows: readonly UsageRow[]): UsageRow[] {
  const months = new Map<string, UsageRow>()
  for (const row of rows) {
    const date = new Date(row.start ?? 0)
    const start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
    const name = JSON.stringify([start, row.group])
    const before = months.get(name)
    months.set(name, { ...row, start, ...(before === undefined ? {} : sumOf(before, row)) })
  }
  return [...months.values()]
}

/** Usage as text for a spreadsheet (RFC 4180): a line of names, then a line a row. */
export function usageCsv({ rows }: UsageAnswer, groupBy: readonly Dimension[], timed: boolean): string {
  const head = [...(timed ? ['start'] : []), ...groupBy, ...measures.map(snakeCase)]
  const lines = rows.map((row) => [
    ...(timed ? [new Date(row.start ?? 0).toISOString()] : []),
    ...groupBy.map((dimension) => row.group[dimension] ?? ''),
    ...measures.map((measure) => String(row[measure])),
  ])
  return [head, ...lines].map((line) => `${line.map(csvCell).join(',')}\r\n`).join('')
}

/** A name in camel case as the API writes it: `outputTokens` becomes `output_tokens`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A cell that begins like a formula is made text: spreadsheets would run it. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
