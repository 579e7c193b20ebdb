import { closeCase, listCases, showCase } from '../api/standing/explaining.ts'
import { measureTable } from './bans.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { linkTable } from './link-table.ts'
import { shownTime } from '../core/shown-time.ts'
import { needed, perform, withName } from './standing-client.ts'
import { table } from './table.ts'

const list = defineCommand({
  name: 'list',
  summary: 'List cases; the one that something happened in last comes first.',
  examples: ['elpis cases list', 'elpis cases list --open --target key:key_3kTMd9XwLq0ZbR7c'],
  options: {
    open: { type: 'boolean', description: 'Only those that are not closed.' },
    target: { type: 'string', value: 'TARGET', description: 'Only those against this target.' },
  },
  async run({ options, config, json, terminal }) {
    const { target, open } = options
    const found = await perform(config(), listCases, {
      ...(target === undefined ? {} : { target }),
      ...(open === true ? { state: 'open' as const } : {}),
    })
    if (json) terminal.print(JSON.stringify(found))
    else if (found.cases.length === 0) terminal.note('There are no cases.')
    else {
      const rows = found.cases.map((one) => [
        one.id,
        one.state,
        shownTime(one.updated_at),
        one.target,
        one.name ?? '',
      ])
      terminal.print(table([['CASE', 'STATE', 'LAST', 'TARGET', 'NAME'], ...rows]))
    }
  },
})

const show = defineCommand({
  name: 'show',
  summary: 'Show a case: what was done, by whom, on what evidence.',
  usage: 'CASE',
  examples: ['elpis cases show case_5f3a0c1e9b7d2f4a6c8e0b1d'],
  positionals: [1, 1],
  async run({ positionals: [id = ''], config, json, terminal }) {
    const found = await perform(config(), showCase, { case: id })
    if (json) {
      terminal.print(JSON.stringify(found))
      return
    }
    terminal.print(`${found.id}  ${found.state}  ${withName(found)}\n`)
    if (found.measures.length > 0) terminal.print(`${measureTable(found.measures)}\n`)
    const rows = found.steps.map(({ at, kind, by, detail }) => [shownTime(at), kind, by, facts(detail)])
    terminal.print(table([['WHEN', 'WHAT', 'BY', 'DETAIL'], ...rows]))
    if (found.links.length > 0) terminal.print(`\n${linkTable(found.links)}`)
  },
})

const close = defineCommand({
  name: 'close',
  summary: 'Close a case in which nothing is in force, such as one that a rule opened.',
  usage: 'CASE',
  examples: ['elpis cases close case_5f3a0c1e9b7d2f4a6c8e0b1d --reason "a load test"'],
  options: { reason: { type: 'string', value: 'TEXT', description: 'Why, in one line. Needed.' } },
  positionals: [1, 1],
  async run({ options, positionals: [id = ''], config, json, terminal }) {
    const reason = needed(options.reason, '--reason', 'Say why it is closed.')
    const closed = await perform(config(), closeCase, { case: id, reason })
    terminal.print(json ? JSON.stringify(closed) : `${closed.id} is closed.`)
  },
})

export const cases: CommandGroup = {
  name: 'cases',
  summary: 'List, show and close cases: every step against somebody, with its evidence.',
  commands: [list, show, close],
  usual: 'list',
}

function facts(detail: Readonly<Record<string, unknown>>): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${name === 'until' ? shownTime(String(value)) : String(value)}`)
    .join(' ')
}
