import { periods, type Meter, type Period } from '../access/quotas/quota.ts'
import { listQuotas, removeQuota, setQuota } from '../api/access/quotas.ts'
import { elpisError } from '../errors.ts'
import { performAccess } from './access-client.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { table } from './table.ts'

const billion = 1_000_000_000

const set = defineCommand({
  name: 'set',
  summary: 'Bound what somebody may have in a period. Holds at once.',
  usage: 'SUBJECT',
  details: [
    'SUBJECT is key:ID, person:ID, org:ID (names do for ids), user:HASH, or server for all together.',
    'With * for the id, such as person:*, each has it for themselves. What is used of a quota stays used when it is changed.',
    'Before a request begins, the most that it can take is reserved; what it did not take comes back at its end.',
  ].join('\n'),
  examples: [
    'elpis quotas set org:acme --requests 10000 --per day',
    'elpis quotas set person:* --output-tokens 200000 --per month --model llama3.1:8b',
    'elpis quotas set key:* --streams 4',
  ],
  options: {
    requests: { type: 'string', value: 'N', description: 'Most requests.' },
    'input-tokens': { type: 'string', value: 'N', description: 'Most tokens of prompts.' },
    'output-tokens': { type: 'string', value: 'N', description: 'Most tokens of answers.' },
    cost: { type: 'string', value: 'AMOUNT', description: 'Most cost, in usage.currency.' },
    streams: { type: 'string', value: 'N', description: 'Most answers at the same time.' },
    per: { type: 'string', value: 'PERIOD', description: 'minute, day or month; not with --streams.' },
    model: { type: 'string', value: 'MODEL', description: 'For this model and its adapters only.' },
  },
  positionals: [1, 1],
  async run({ options, positionals: [subject = ''], config, json, terminal }) {
    const { per, model, ...bounds } = options
    const [first, another] = Object.entries(bounds)
    const [option, text] = first ?? ['', '']
    const meter = option.replace('-', '_') as Meter
    if (option === '' || another !== undefined)
      throw wrong('Exactly one of --requests, --input-tokens, --output-tokens, --cost, --streams is needed.')
    if (meter !== 'streams' && !(periods as readonly string[]).includes(per ?? ''))
      throw wrong('--per is minute, day or month.')
    const made = await performAccess(config(), setQuota, {
      subject,
      model,
      meter,
      period: (per ?? null) as Period | null,
      amount: amountOf(text, meter),
    })
    terminal.print(json ? JSON.stringify(made) : `${made.id}: ${made.subject}, ${shown(made)}.`)
  },
})

const list = defineCommand({
  name: 'list',
  summary: 'List all quotas, with what is used of them.',
  examples: ['elpis quotas list'],
  async run({ config, json, terminal }) {
    const found = await performAccess(config(), listQuotas, {})
    if (json) terminal.print(JSON.stringify(found))
    else if (found.quotas.length === 0) terminal.note('There are no quotas: nobody is bounded.')
    else {
      const rows = found.quotas.map((quota) => [
        quota.id,
        quota.subject,
        quota.model ?? 'all',
        shown(quota),
        quota.used === null ? 'each' : String(quota.meter === 'cost' ? quota.used / billion : quota.used),
      ])
      terminal.print(table([['ID', 'SUBJECT', 'MODEL', 'QUOTA', 'USED'], ...rows]))
    }
  },
})

const rm = defineCommand({
  name: 'rm',
  summary: 'Remove a quota.',
  usage: 'ID',
  examples: ['elpis quotas rm quota_3kTMd9XwLq0ZbR7c'],
  positionals: [1, 1],
  async run({ positionals: [quota = ''], config, json, terminal }) {
    const gone = await performAccess(config(), removeQuota, { quota })
    terminal.print(json ? JSON.stringify(gone) : `${gone.subject}, ${shown(gone)}: bound no more.`)
  },
})

export const quotas: CommandGroup = {
  name: 'quotas',
  summary: 'Set, list and remove quotas of keys, people, organisations and end users.',
  commands: [set, list, rm],
  usual: 'list',
}

function amountOf(text: string, meter: Meter): number {
  const amount = Number(text) * (meter === 'cost' ? billion : 1)
  const fits = meter === 'cost' ? Number.isSafeInteger(Math.round(amount)) : Number.isSafeInteger(amount)
  if (text.trim() === '' || !fits || amount < 0) throw wrong(`"${text}" is no amount.`)
  return Math.round(amount)
}

function shown(quota: {
  readonly meter: Meter
  readonly period: Period | null
  readonly amount: number
}): string {
  const amount = quota.meter === 'cost' ? quota.amount / billion : quota.amount
  const period = quota.period === null ? 'at the same time' : `a ${quota.period}`
  return `${amount} ${quota.meter.replace('_', ' ')} ${period}`
}

function wrong(problem: string) {
  return elpisError('usage', { problem, suggestion: 'See `elpis quotas set --help`.' })
}
