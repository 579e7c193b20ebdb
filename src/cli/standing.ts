import { markSomebody, showStanding, type ExplanationView } from '../api/standing/explaining.ts'
import { liftAll, takeStep } from '../api/standing/measures.ts'
import { elpisError } from '../errors.ts'
import { measureTable } from './bans.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { linkTable } from './link-table.ts'
import { rules } from './standing-rules.ts'
import { saidTime, shownTime } from '../core/shown-time.ts'
import { needed, noteOnUnknown, perform, secondsOf, withName } from './standing-client.ts'
import { table } from './table.ts'

const reason = {
  type: 'string',
  value: 'TEXT',
  description: 'Why, in one line. Whoever it concerns reads it. Needed.',
} as const
const lasting = { type: 'string', value: 'TIME', description: 'How long, such as 12h, 7d, 2w.' } as const

const show = defineCommand({
  name: 'show',
  summary: 'Explain how somebody stands: the score, each strike in it, what is in force.',
  usage: 'TARGET',
  examples: [
    'elpis standing show key:key_3kTMd9XwLq0ZbR7c',
    'elpis standing show person:ada@acme.example --json',
  ],
  positionals: [1, 1],
  async run({ positionals: [target = ''], config, json, terminal }) {
    const found = await perform(config(), showStanding, { target })
    terminal.print(json ? JSON.stringify(found) : explanation(found))
  },
})

/** Warn, restrict and suspend differ in their words only. */
function step(name: string, rung: 'warned' | 'restricted' | 'suspended', summary: string, usual: string) {
  return defineCommand({
    name,
    summary,
    usage: 'TARGET',
    details: `Without --for it lasts ${usual}.`,
    examples: [`elpis standing ${name} person:person_7Qb2 --reason "the same jailbreak, forty times"`],
    options: { reason, for: lasting },
    positionals: [1, 1],
    async run({ options, positionals: [target = ''], config, json, terminal }) {
      const why = needed(options.reason, '--reason', 'Say why: whoever it concerns reads it.')
      const seconds = options.for === undefined ? null : secondsOf(options.for)
      const made = await perform(config(), takeStep, { target, rung, reason: why, seconds })
      if (json) terminal.print(JSON.stringify(made))
      else {
        const until = made.until === null ? 'for good' : `until ${saidTime(made.until)}`
        terminal.print(`${withName(made)} is ${made.rung} ${until}. Case ${made.case}.`)
        const note = noteOnUnknown(made)
        if (note !== null) terminal.note(note)
      }
    },
  })
}

const lift = defineCommand({
  name: 'lift',
  summary: 'End everything that is in force against somebody.',
  usage: 'TARGET',
  examples: ['elpis standing lift person:person_7Qb2 --reason "it was somebody else"'],
  options: { reason },
  positionals: [1, 1],
  async run({ options, positionals: [target = ''], config, json, terminal }) {
    const why = needed(options.reason, '--reason', 'Say why it ends.')
    const lifted = await perform(config(), liftAll, { target, reason: why })
    if (json) terminal.print(JSON.stringify(lifted))
    else {
      const [first] = lifted.measures
      const whom = first === undefined ? target : withName(first)
      terminal.print(`${lifted.measures.length} ended. Nothing is in force against ${whom} any more.`)
    }
  },
})

const mark = defineCommand({
  name: 'mark',
  summary:
    'Say how somebody pays, or another address or device of theirs: it shows who comes back under another name.',
  usage: 'TARGET',
  details:
    'A keyed hash of it is kept, for 90 days. Nothing follows from it alone unless `standing.evasion` says so.',
  examples: ['elpis standing mark person:person_7Qb2 --payment "IBAN DE02 1203 0000 0000 2020 51"'],
  options: {
    payment: { type: 'string', value: 'REF', description: 'A reference of whoever pays for them.' },
    email: { type: 'string', value: 'ADDRESS', description: 'An e-mail address of theirs.' },
    device: { type: 'string', value: 'ID', description: 'What names their device, as X-Elpis-Device would.' },
  },
  positionals: [1, 1],
  async run({ options, positionals: [target = ''], config, json, terminal }) {
    const [given, ...others] = (['payment', 'email', 'device'] as const).filter((kind) => kind in options)
    if (given === undefined || others.length > 0) {
      const suggestion = 'Give one of --payment, --email, --device.'
      throw elpisError('usage', { problem: 'It is not said what is known.', suggestion })
    }
    const value = options[given] ?? ''
    const marked = await perform(config(), markSomebody, { target, kind: given, value })
    terminal.print(json ? JSON.stringify(marked) : `Noted of ${marked.target}: ${marked.kind}.`)
  },
})

export const standing: CommandGroup = {
  name: 'standing',
  summary: 'See how somebody stands; warn, restrict, suspend, let back; rules over behaviour.',
  commands: [
    show,
    step('warn', 'warned', 'Warn somebody. Nothing is taken from them.', '30 days'),
    step('restrict', 'restricted', 'Give somebody a stricter guard and lower limits for a time.', '7 days'),
    step('suspend', 'suspended', 'Keep somebody out for a time. Takes hold at once.', '7 days'),
    lift,
    mark,
    rules,
  ],
}

function explanation(found: ExplanationView): string {
  const { score, policy, half_life_days: halfLife, thresholds, strikes, measures, links } = found
  const steps = Object.entries(thresholds).map(([rung, points]) => `${rung} from ${points}`)
  const lines = [
    `${withName(found)}: ${score} points under ${policy}, halved every ${halfLife} days (${steps.join(', ')})`,
    '',
    strikes.length === 0 ? 'No strikes.' : strikeTable(strikes),
    '',
    measures.length === 0 ? 'Nothing is in force.' : measureTable(measures),
    ...(links.length === 0 ? [] : ['', linkTable(links)]),
  ]
  return lines.join('\n')
}

function strikeTable(strikes: ExplanationView['strikes']): string {
  const rows = strikes.map((strike) => [
    shownTime(strike.at),
    strike.hazard ?? '',
    strike.source,
    strike.severity.toFixed(2),
    String(strike.weight),
    strike.points.toFixed(1),
    strike.counts.toFixed(1),
    strike.request ?? strike.note ?? '',
  ])
  const head = ['WHEN', 'HAZARD', 'FROM', 'SEVERITY', 'WEIGHT', 'POINTS', 'NOW', 'REQUEST']
  return table([head, ...rows], [3, 4, 5, 6])
}
