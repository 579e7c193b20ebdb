import { writeFile } from 'node:fs/promises'
import {
  exportIncident,
  listIncidents,
  newIncident,
  showIncident,
  updateIncident,
  type IncidentView,
} from '../api/monitoring/incidents.ts'
import { regimeNames, regimes, type RegimeName } from '../monitoring/incidents/regimes.ts'
import { elpisError } from '../errors.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { performMonitoring } from './monitoring-client.ts'
import { momentOf } from './moment.ts'
import { table } from './table.ts'

const laws = regimeNames
  .map((name) => `  ${name.padEnd(15)} ${hoursOf(name)}: ${regimes[name].when}`)
  .join('\n')

const regimeOption = {
  type: 'string',
  value: 'LAW',
  multiple: true,
  description: `A clock that runs: ${regimeNames.join(', ')}.`,
} as const
const evidenceOption = {
  type: 'string',
  value: 'ENTRY',
  multiple: true,
  description: 'An entry of the log, such as ent_…',
} as const
const noteOption = {
  type: 'string',
  value: 'TEXT',
  description: 'A note that stands in the report.',
} as const

const create = defineCommand({
  name: 'new',
  summary: 'Open an incident; the clocks of the laws that apply run from its discovery.',
  details: `Which laws apply is yours to decide; this is no legal advice.\n\n${laws}`,
  examples: [
    'elpis incident new --title "Weights on a forum" --law sb53 --law eu-73',
    'elpis incident new --title "Harm reported" --law raise --discovered 3h --evidence ent_0123abc',
  ],
  options: {
    title: { type: 'string', value: 'TEXT', description: 'What happened, in one line. Needed.' },
    law: regimeOption,
    evidence: evidenceOption,
    note: noteOption,
    discovered: { type: 'string', value: 'TIME', description: 'When: 3h ago, or 2026-11-01. Default now.' },
  },
  async run({ options, config, json, terminal }) {
    if (options.title === undefined) throw missing('--title', 'Say in one line what happened.')
    const now = Date.now()
    const made = await performMonitoring(config(), newIncident, {
      title: options.title,
      regimes: lawsOf(options.law),
      evidence: [...(options.evidence ?? [])],
      note: options.note,
      ...(options.discovered === undefined
        ? {}
        : { discovered_at: new Date(momentOf('--discovered', options.discovered, now)).toISOString() }),
    })
    terminal.print(json ? JSON.stringify(made) : textOf(made))
  },
})

const update = defineCommand({
  name: 'update',
  summary: 'Add to an incident, say that it was reported, or close it.',
  usage: 'ID',
  examples: [
    'elpis incident update inc_0123 --reported sb53',
    'elpis incident update inc_0123 --note "Mended" --close',
  ],
  positionals: [1, 1],
  options: {
    law: regimeOption,
    evidence: evidenceOption,
    note: noteOption,
    reported: {
      type: 'string',
      value: 'LAW',
      multiple: true,
      description: 'It was reported under this law: its clock stops.',
    },
    close: { type: 'boolean', description: 'It is over.' },
  },
  async run({ options, positionals: [id = ''], config, json, terminal }) {
    const changed = await performMonitoring(config(), updateIncident, {
      id,
      regimes: lawsOf(options.law),
      reported: lawsOf(options.reported),
      evidence: [...(options.evidence ?? [])],
      note: options.note,
      close: options.close === true,
    })
    terminal.print(json ? JSON.stringify(changed) : textOf(changed))
  },
})

const list = defineCommand({
  name: 'list',
  summary: 'List incidents and what is due next.',
  examples: ['elpis incident list', 'elpis incident list --json'],
  async run({ config, json, terminal }) {
    const found = await performMonitoring(config(), listIncidents, {})
    if (json) terminal.print(JSON.stringify(found))
    else if (found.incidents.length === 0) terminal.note('There are no incidents.')
    else {
      const rows = found.incidents.map(
        ({ id, title, closed_at: closed, next_due: next, discovered_at: at }) => [
          id,
          minute(at),
          closed === null ? 'open' : 'closed',
          next === null ? '–' : minute(next),
          title,
        ],
      )
      terminal.print(table([['ID', 'DISCOVERED', 'STATE', 'NEXT REPORT DUE', 'TITLE'], ...rows]))
    }
  },
})

const show = defineCommand({
  name: 'show',
  summary: 'Show one incident.',
  usage: 'ID',
  examples: ['elpis incident show inc_0123'],
  positionals: [1, 1],
  async run({ positionals: [id = ''], config, json, terminal }) {
    const found = await performMonitoring(config(), showIncident, { id })
    terminal.print(json ? JSON.stringify(found) : textOf(found))
  },
})

const exported = defineCommand({
  name: 'export',
  summary: 'Write an incident as JSON for an authority, its evidence with proofs from the log.',
  usage: 'ID',
  examples: ['elpis incident export inc_0123 --out report.json', 'elpis incident export inc_0123'],
  positionals: [1, 1],
  options: { out: { type: 'string', value: 'FILE', description: 'Where to; standard output without it.' } },
  async run({ options, positionals: [id = ''], config, json, terminal }) {
    const report = await performMonitoring(config(), exportIncident, { id })
    const text = JSON.stringify(report, null, json ? undefined : 2)
    if (options.out === undefined) terminal.print(text)
    else {
      await writeFile(options.out, `${text}\n`, { mode: 0o600 })
      terminal.note(`Written to ${options.out}.`)
    }
  },
})

export const incident: CommandGroup = {
  name: 'incident',
  summary: 'Keep incidents, the clocks of the laws, and reports with proofs.',
  commands: [create, update, list, show, exported],
}

/** @throws `usage` for a law that is not known */
function lawsOf(names: readonly string[] = []): RegimeName[] {
  return names.map((name) => {
    const known = regimeNames.find((regime) => regime === name)
    if (known === undefined) {
      throw elpisError('usage', {
        problem: `"${name}" is no law here.`,
        suggestion: `It can be ${regimeNames.join(', ')}.`,
      })
    }
    return known
  })
}

function missing(option: string, suggestion: string) {
  return elpisError('usage', { problem: `${option} is missing.`, suggestion })
}

function textOf({
  id,
  title,
  discovered_at: at,
  closed_at: closed,
  clocks,
  evidence,
  notes,
}: IncidentView): string {
  return [
    `${id}  ${title}`,
    `discovered ${minute(at)}, ${closed === null ? 'open' : `closed ${minute(closed)}`}`,
    ...(clocks.length === 0
      ? ['no law’s clock runs: `elpis incident update --law …` adds one']
      : [
          table(
            clocks.map(({ regime, due, reported, seconds_left: left }) => [
              `  ${regime}`,
              `due ${minute(due)}`,
              reported === null ? leftText(left) : `reported ${minute(reported)}`,
            ]),
          ),
        ]),
    ...(evidence.length === 0 ? [] : [`evidence: ${evidence.join(', ')}`]),
    ...notes.map(({ at: when, by, text }) => `${minute(when)} ${by}: ${text}`),
  ].join('\n')
}

function leftText(seconds: number): string {
  const hours = Math.abs(seconds) / 3600
  const amount = hours >= 48 ? `${Math.floor(hours / 24)} days` : `${Math.floor(hours)} h`
  return seconds < 0 ? `OVERDUE by ${amount}` : `${amount} left`
}

function hoursOf(name: RegimeName): string {
  const hours = regimes[name].within / 3_600_000
  return hours > 72 ? `${hours / 24} days` : `${hours} h`
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}
