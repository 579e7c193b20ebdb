import {
  beginShutdown,
  confirmProposal,
  liftShutdown,
  showShutdown,
  type ShutdownView,
} from '../api/standing/stopping.ts'
import type { Config } from '../config.ts'
import { saidTime } from '../core/shown-time.ts'
import { elpisError } from '../errors.ts'
import { defineCommand } from './command.ts'
import { needed, perform } from './standing-client.ts'

const why = 'Say why: it is kept, and those who run this server read it.'

interface Asked {
  readonly all: boolean
  readonly reason: string | undefined
  readonly word: string | undefined
  readonly name: string | undefined
}

async function ask(config: Config, { all, reason, word, name }: Asked): Promise<ShutdownView> {
  switch (word) {
    case undefined:
      if (!all) break
      return await perform(config, beginShutdown, { reason: needed(reason, '--reason', why) })
    case 'status':
      return await perform(config, showShutdown, {})
    case 'lift':
      return await perform(config, liftShutdown, { reason: needed(reason, '--reason', why) })
    case 'confirm':
      return await perform(config, confirmProposal, {
        proposal: needed(name, 'PROPOSAL', '`elpis shutdown status` lists what waits.'),
      })
    default:
  }
  throw elpisError('usage', {
    problem: 'It is not said what to do.',
    suggestion: 'Say `elpis shutdown --all --reason …`, or `status`, `lift`, `confirm PROPOSAL`.',
  })
}

export const shutdown = defineCommand({
  name: 'shutdown',
  summary: 'Stop every answer on every replica, and refuse new ones until enough people lift it.',
  usage: '[status | lift | confirm PROPOSAL]',
  details: [
    'Answers in flight end with `shut_down` within a second. Only the admin API, cases and appeals, and health still answer.',
    'It outlives a restart. To lift it takes `standing.restart_people` different people; keys of nobody count as the owner.',
    'With `standing.two_people` a second person must `confirm` before it is done. The servers themselves keep running.',
    'With a key in ELPIS_KEY a running server takes its owner for the one who acts.',
  ].join('\n'),
  examples: [
    'elpis shutdown --all --reason "the weights may have been stolen"',
    'elpis shutdown status',
    'ELPIS_KEY=elpis-… elpis shutdown lift --reason "they were not"',
  ],
  options: {
    all: { type: 'boolean', description: 'Everything, everywhere. Needed to shut down.' },
    reason: {
      type: 'string',
      value: 'TEXT',
      description: 'Why, in one line. Needed to shut down and to lift.',
    },
  },
  positionals: [0, 2],
  async run({ options, positionals: [word, name], config, json, terminal }) {
    const view = await ask(config(), { all: options.all === true, reason: options.reason, word, name })
    terminal.print(json ? JSON.stringify(view) : linesOf(view).join('\n'))
  },
})

function linesOf({ shutdown: standing, proposals }: ShutdownView): string[] {
  const lines = ['Everything is open.']
  if (standing !== null) {
    const { by, at, reason, people_needed: needs, consents } = standing
    const want = consents.length === 0 ? 'nobody yet' : consents.map((consent) => consent.by).join(', ')
    lines[0] = `Everything is shut down since ${saidTime(at)}, by ${by}: ${reason}`
    lines.push(`To lift it takes ${needs === 1 ? 'one person' : `${needs} people`}; so far: ${want}.`)
    const whose = needs === 1 ? '' : ', each with a key of their own in ELPIS_KEY'
    lines.push(`They say \`elpis shutdown lift --reason …\`${whose}.`)
  }
  for (const { id, act, by, until, reason } of proposals) {
    lines.push(
      `${id}  ${act}, asked for by ${by}, waits for a second person until ${saidTime(until)}: ${reason}`,
      `  They say \`elpis shutdown confirm ${id}\`, with a key of theirs in ELPIS_KEY.`,
    )
  }
  return lines
}
