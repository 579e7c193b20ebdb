import { addBan, liftBan, listBans, type MeasureView } from '../api/standing/measures.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { saidTime, shownTime } from '../core/shown-time.ts'
import { needed, noteOnUnknown, perform, secondsOf, withName } from './standing-client.ts'
import { table } from './table.ts'

const reason = {
  type: 'string',
  value: 'TEXT',
  description: 'Why, in one line. Whoever it concerns reads it. Needed.',
} as const

const add = defineCommand({
  name: 'add',
  summary: 'Bar a key, person, organisation, end user, network or e-mail domain. Takes hold at once.',
  usage: 'TARGET',
  details: [
    'TARGET is key:ID, person:ID, org:ID, user:HASH, net:ADDRESS, net:ADDRESS/LENGTH or domain:NAME; for the id of a key,',
    'person or organisation its name or e-mail address does.',
    'What they are running ends; what they ask is answered with 403 and a case, where they can appeal.',
    'An IPv6 address alone means its /64.',
  ].join('\n'),
  examples: [
    'elpis bans add key:key_3kTMd9XwLq0ZbR7c --reason "sold on a forum"',
    'elpis bans add person:mallory@acme.example --reason "sells what they get here"',
    'elpis bans add net:203.0.113.0/24 --reason "scraping" --for 7d',
  ],
  options: {
    reason,
    for: { type: 'string', value: 'TIME', description: 'How long, such as 12h, 7d, 2w; for good without.' },
  },
  positionals: [1, 1],
  async run({ options, positionals: [target = ''], config, json, terminal }) {
    const why = needed(options.reason, '--reason', 'Say why: whoever it concerns reads it.')
    const seconds = options.for === undefined ? null : secondsOf(options.for)
    const made = await perform(config(), addBan, { target, reason: why, seconds })
    if (json) terminal.print(JSON.stringify(made))
    else {
      terminal.print(`${withName(made)} is barred ${until(made)}. Case ${made.case}.`)
      const note = noteOnUnknown(made)
      if (note !== null) terminal.note(note)
    }
  },
})

const list = defineCommand({
  name: 'list',
  summary: 'List the bans that are in force, the newest first.',
  examples: ['elpis bans list', 'elpis bans list --past --json'],
  options: { past: { type: 'boolean', description: 'Those that are over or lifted as well.' } },
  async run({ options, config, json, terminal }) {
    const found = await perform(config(), listBans, { past: options.past === true })
    if (json) terminal.print(JSON.stringify(found))
    else if (found.measures.length === 0) terminal.note('Nobody is barred.')
    else terminal.print(measureTable(found.measures))
  },
})

const lift = defineCommand({
  name: 'lift',
  summary: 'End a ban before its time.',
  usage: 'TARGET',
  examples: ['elpis bans lift net:203.0.113.0/24 --reason "their operator mended it"'],
  options: { reason },
  positionals: [1, 1],
  async run({ options, positionals: [target = ''], config, json, terminal }) {
    const why = needed(options.reason, '--reason', 'Say why it ends.')
    const lifted = await perform(config(), liftBan, { target, reason: why })
    if (json) terminal.print(JSON.stringify(lifted))
    else
      for (const ban of lifted.measures)
        terminal.print(`${withName(ban)} is barred no more. Case ${ban.case}.`)
  },
})

export const bans: CommandGroup = {
  name: 'bans',
  summary: 'Bar keys, people, organisations, end users, networks and domains; list and lift bans.',
  commands: [add, list, lift],
  usual: 'list',
}

/** Measures as a table for the terminal; one without an end is `for good`. */
export function measureTable(measures: readonly MeasureView[]): string {
  const rows = measures.map(({ target, name, rung, until, lifted, by, case: caseId, reason }) => [
    target,
    name ?? '',
    rung,
    lifted === null ? (until === null ? 'for good' : shownTime(until)) : 'lifted',
    by,
    caseId,
    reason,
  ])
  return table([['TARGET', 'NAME', 'RUNG', 'UNTIL', 'BY', 'CASE', 'REASON'], ...rows])
}

function until({ until }: MeasureView): string {
  return until === null ? 'for good' : `until ${saidTime(until)}`
}
