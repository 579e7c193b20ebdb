import { readFileSync } from 'node:fs'
import {
  checkRules,
  dryRunRules,
  listRules,
  type RulesDryRunView,
  type RuleSetView,
} from '../api/standing/rules.ts'
import { elpisError } from '../errors.ts'
import { readRules } from '../standing/rules/rule-set.ts'
import { defineCommand } from './command.ts'
import { momentOf } from './moment.ts'
import { saidTime, shownTime } from '../core/shown-time.ts'
import { perform } from './standing-client.ts'
import { table } from './table.ts'

export const rules = defineCommand({
  name: 'rules',
  summary: 'List rules over behaviour, check a file of them, or try it on what has happened.',
  usage: '[list | check FILE | dry-run FILE]',
  details: [
    'Rules are switched on by putting their file into the folder of rules ($ELPIS_HOME/rules), and off by taking it away.',
    'dry-run changes nothing: it says whom they would have hit, and what that would have done to scores.',
  ].join('\n'),
  examples: [
    'elpis standing rules list',
    'elpis standing rules check probing.toml',
    'elpis standing rules dry-run probing.toml --since 30d --json',
  ],
  options: {
    since: {
      type: 'string',
      value: 'TIME',
      description: 'How far dry-run goes back: 24h, 30d or a day; 30d when left out.',
    },
  },
  positionals: [0, 2],
  async run({ options, positionals: [what = 'list', file], config, json, terminal }) {
    if (what === 'list') {
      const found = await perform(config(), listRules, {})
      if (json) terminal.print(JSON.stringify(found))
      else if (found.sets.length === 0) terminal.note('No rules are switched on.')
      else for (const set of found.sets) terminal.print(setText(set))
      return
    }
    if ((what !== 'check' && what !== 'dry-run') || file === undefined) {
      throw elpisError('usage', {
        problem: 'It is not said what to do.',
        suggestion: 'Say `list`, `check FILE` or `dry-run FILE`.',
      })
    }
    const text = textOf(file)
    // Here, so that errors name the file.
    readRules(text, file)
    if (what === 'check') {
      const set = await perform(config(), checkRules, { rules: text })
      terminal.print(json ? JSON.stringify(set) : `Valid.\n${setText(set)}`)
      return
    }
    const since = new Date(momentOf('--since', options.since ?? '30d', Date.now())).toISOString()
    const run = await perform(config(), dryRunRules, { rules: text, since })
    terminal.print(json ? JSON.stringify(run) : runText(run))
  },
})

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw elpisError('rules_invalid', { file, problem: `it cannot be read (${(error as Error).message})` })
  }
}

function setText({ version, summary, rules: all }: RuleSetView): string {
  const rows = all.map((rule) => [
    rule.name,
    rule.signal,
    String(rule.at_least),
    `${rule.within_hours}h`,
    rule.action,
    rule.summary,
  ])
  const head = ['RULE', 'SIGNAL', 'AT LEAST', 'WITHIN', 'ACTION', 'SUMMARY']
  return `${version}  ${summary}\n${table([head, ...rows], [2, 3])}`
}

function runText(run: RulesDryRunView): string {
  const { events, hours_of_use: hours, sightings } = run.looked
  const lines = [
    `${run.rules} since ${saidTime(run.since)}: ${run.people} would have been hit.`,
    `Looked at ${counted(events, 'event')}, ${counted(hours, 'hour')} of use, ${counted(sightings, 'sighting')}${run.complete ? '' : '; there is more than that'}.`,
  ]
  for (const { rule, action, people, hits } of run.by_rule) {
    lines.push('', `${rule} → ${action}: ${people}`)
    const rows = hits
      .slice(0, 20)
      .map((hit) => [
        hit.target,
        String(hit.times),
        String(hit.most),
        shownTime(hit.first_at),
        shownTime(hit.last_at),
      ])
    if (rows.length > 0) lines.push(table([['WHO', 'TIMES', 'MOST', 'FIRST', 'LAST'], ...rows], [1, 2]))
    if (people > rows.length) lines.push(`and ${people - rows.length} more (--json has up to 1,000)`)
  }
  const rows = run.distribution.map(({ rung, from, was, would }) => [
    rung,
    `${from}`,
    String(was),
    String(would),
  ])
  lines.push('', 'Their highest scores, as they were and would have been:')
  lines.push(table([['RUNG', 'FROM', 'WAS', 'WOULD'], ...rows], [1, 2, 3]))
  return lines.join('\n')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
