import { writeFile } from 'node:fs/promises'
import { connectControl } from '../api/control/client.ts'
import { elpisError } from '../errors.ts'
import { defineCommand, type CommandGroup } from './command.ts'

const exported = defineCommand({
  name: 'export',
  summary: 'Write an answer with all that determined it and its proof, for `elpis verify answer`.',
  usage: 'ID',
  details:
    'ID is the value of the header elpis-receipt. Needs a running server that kept the answer (audit.content). Reading what somebody said is an entry of the log, and they are told; who asked can fetch GET /v1/answers/ID with their own key instead.',
  examples: ['elpis answer export ent_0123abc --out answer.json'],
  positionals: [1, 1],
  options: { out: { type: 'string', value: 'FILE', description: 'Where to; standard output without it.' } },
  async run({ options, positionals: [id = ''], config, json, terminal }) {
    const { home } = config()
    const server = await connectControl(home)
    if (server === null) throw elpisError('server_not_running', { home })
    try {
      const file = JSON.stringify(await server.exportAnswer(id), null, json ? undefined : 2)
      if (options.out === undefined) return terminal.print(file)
      await writeFile(options.out, `${file}\n`, { mode: 0o600 })
      if (json) terminal.print(JSON.stringify({ file: options.out }))
      else terminal.note(`Written to ${options.out}.`)
    } finally {
      await server.close()
    }
  },
})

export const answer: CommandGroup = {
  name: 'answer',
  summary: 'Take an answer out as a file that a stranger can check.',
  commands: [exported],
}
