import type { Config } from '../config.ts'
import { elpisError } from '../errors.ts'
import { openStorage, type Storage } from '../storage/storage.ts'
import { askUsage, intervals, usageCsv, type Interval, type UsageAnswer } from '../usage/question.ts'
import type { Measures } from '../usage/record.ts'
import { dimensions, type Dimension } from '../usage/store.ts'
import { sumsOf } from '../api/usage.ts'
import { defineCommand } from './command.ts'
import { momentOf } from './moment.ts'
import { table } from './table.ts'

const groups = [...intervals, ...dimensions]

export const usage = defineCommand({
  name: 'usage',
  summary: 'Show what was used: tokens, times, cost, by whom and when.',
  details:
    'Works beside a running server and without one. The last row is the sum of those above, to the token. Prices: `usage.prices`.',
  examples: [
    'elpis usage',
    'elpis usage --by key --by day --since 7d',
    'elpis usage --by model --since 2026-11-01 --csv > usage.csv',
  ],
  options: {
    by: { type: 'string', value: 'WHAT', multiple: true, description: `${groups.join(', ')}.` },
    since: { type: 'string', value: 'TIME', description: 'Such as 24h, 7d, 2026-11-01. Default 30d.' },
    until: { type: 'string', value: 'TIME', description: 'As --since. Default now.' },
    key: { type: 'string', value: 'KEY', description: 'Of this key only, by id or name.' },
    model: { type: 'string', value: 'NAME', description: 'Of this model only.' },
    csv: { type: 'boolean', description: 'Print CSV.' },
  },
  async run({ options, config, json, terminal }) {
    const settings = config()
    const { interval, groupBy } = splitOf(options.by ?? ['model'])
    const now = Date.now()
    const since = momentOf('--since', options.since ?? '30d', now)
    const until = options.until === undefined ? now + 1 : momentOf('--until', options.until, now)
    const { answer, names } = await withUsage(settings, async (storage, keyNames) => {
      const where = {
        ...(options.key === undefined ? {} : { key: keyNamed(options.key, keyNames) }),
        ...(options.model === undefined ? {} : { model: options.model }),
      }
      return {
        answer: await askUsage(storage.usage, { since, until, where, groupBy, interval }),
        names: keyNames,
      }
    })
    const energy = settings.usage.watts > 0
    if (options.csv === true) {
      process.stdout.write(usageCsv(answer, groupBy, interval !== null))
    } else if (json) {
      const data = answer.rows.map((row) => ({
        start: row.start === null ? null : new Date(row.start).toISOString(),
        ...row.group,
        ...sumsOf(row, energy),
      }))
      const { currency } = settings.usage
      terminal.print(
        JSON.stringify({ since, until, interval, currency, data, total: sumsOf(answer.total, energy) }),
      )
    } else if (answer.rows.length === 0) {
      terminal.note('Nothing was used in this time.')
    } else terminal.print(tableOf(answer, groupBy, interval, settings, names))
  },
})

/** @throws `usage` for what usage cannot be split by */
function splitOf(by: readonly string[]): { interval: Interval | null; groupBy: Dimension[] } {
  const words = by.flatMap((word) => word.split(','))
  const stranger = words.find((word) => !groups.includes(word as Dimension))
  const times = intervals.filter((name) => words.includes(name))
  if (stranger !== undefined || times.length > 1) {
    throw elpisError('usage', {
      problem: stranger === undefined ? 'Only one interval is possible.' : `--by ${stranger} is not known.`,
      suggestion: `It can be ${groups.join(', ')}.`,
    })
  }
  return { interval: times[0] ?? null, groupBy: dimensions.filter((dimension) => words.includes(dimension)) }
}

type Names = ReadonlyMap<string, string>

async function withUsage<Result>(
  config: Config,
  work: (storage: Storage, names: Names) => Promise<Result>,
): Promise<Result> {
  const storage = await openStorage(config)
  try {
    const keys = await storage.keys.list()
    return await work(storage, new Map(keys.map(({ id, name }) => [id, name])))
  } finally {
    await storage.close()
  }
}

function keyNamed(which: string, names: Names): string {
  return names.has(which) ? which : ([...names].find(([, name]) => name === which)?.[0] ?? which)
}

function tableOf(
  answer: UsageAnswer,
  groupBy: readonly Dimension[],
  interval: Interval | null,
  { usage: { currency, watts } }: Config,
  names: Names,
): string {
  const places = { minute: 16, hour: 13, day: 10, month: 7 } as const
  const head = [
    ...(interval === null ? [] : [interval.toUpperCase()]),
    ...groupBy.map((dimension) => dimension.replace('_', ' ').toUpperCase()),
    'REQUESTS',
    'FAILED',
    'INPUT',
    'CACHED',
    'OUTPUT',
    'FIRST TOKEN',
    `COST ${currency}`,
    ...(watts > 0 ? ['WH'] : []),
  ]
  const labels = groupBy.length + (interval === null ? 0 : 1)
  const rows = answer.rows.map((row) => [
    ...(interval === null
      ? []
      : [new Date(row.start ?? 0).toISOString().slice(0, places[interval]).replace('T', ' ')]),
    ...groupBy.map((dimension) => nameOf(row.group[dimension] ?? null, dimension, names)),
    ...cells(row, watts > 0),
  ])
  const sum = [
    ...Array.from({ length: labels }, (_, index) => (index === 0 ? 'total' : '')),
    ...cells(answer.total, watts > 0),
  ]
  const right = head.map((_, index) => index).slice(labels)
  return table([head, ...rows, ...(labels > 0 ? [sum] : [])], right)
}

function nameOf(value: string | null, dimension: Dimension, names: Names): string {
  if (value === null) return dimension === 'key' ? 'the owner' : '–'
  return dimension === 'key' ? (names.get(value) ?? value) : value
}

function cells(sum: Measures, energy: boolean): string[] {
  const shown = sumsOf(sum, energy)
  return [
    String(shown.requests),
    String(shown.failed),
    String(shown.input_tokens),
    String(shown.cached_tokens),
    String(shown.output_tokens),
    shown.mean_first_token_ms === null ? '–' : `${shown.mean_first_token_ms} ms`,
    shown.cost.toFixed(4),
    ...(shown.energy_wh === null ? [] : [shown.energy_wh.toFixed(3)]),
  ]
}
