import { writeFile } from 'node:fs/promises'
import { exportAnswer } from '../api/log/exporting.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { exporting, exportOptions, saidToWait } from './export-client.ts'

const exported = defineCommand({
  name: 'export',
  summary: 'Write an answer with all that determined it and its proof, for `elpis verify answer`.',
  usage: 'ID',
  details:
    'ID is the value of the header elpis-receipt. It must have been kept (audit.content). Reading what somebody said is an entry of the log, and they are told; who asked can fetch GET /v1/answers/ID with their own key instead. With `standing.two_people` a second person says `elpis shutdown confirm` first; then name the proposal.',
  examples: ['elpis answer export ent_0123abc --out answer.json'],
  positionals: [1, 1],
  options: {
    out: { type: 'string', value: 'FILE', description: 'Where to; standard output without it.' },
    ...exportOptions,
  },
  async run({ options, positionals: [id = ''], config, json, terminal }) {
    const { out, reason, proposal } = options
    const waiting = await exporting(config(), { what: id, reason, proposal }, async (perform) => {
      const answered = await perform(exportAnswer, { id, proposal: proposal ?? null })
      const file = JSON.stringify(answered, null, json ? undefined : 2)
      if (out === undefined) return terminal.print(file)
      await writeFile(out, `${file}\n`, { mode: 0o600 })
      if (json) terminal.print(JSON.stringify({ file: out }))
      else terminal.note(`Written to ${out}.`)
    })
    saidToWait(waiting, json, terminal)
  },
})

export const answer: CommandGroup = {
  name: 'answer',
  summary: 'Take an answer out as a file that a stranger can check.',
  commands: [exported],
}
