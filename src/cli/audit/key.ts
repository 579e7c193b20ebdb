import { openHomeKeys } from '../../audit/home-keys.ts'
import { formatVerifierKey } from '../../audit/note.ts'
import { defineCommand } from '../command.ts'

export const key = defineCommand({
  name: 'key',
  summary: 'Print the public key of the transparency log. Whoever has it can check everything else.',
  details:
    'Give it to others by a way that does not go through this server: that is what makes it worth something.',
  examples: ['elpis audit key', 'elpis audit key > log.pub'],
  async run({ config, json, terminal }) {
    const { home, audit } = config()
    const { log } = openHomeKeys(home, audit.origin)
    const text = formatVerifierKey(log)
    terminal.print(json ? JSON.stringify({ origin: log.name, key: text }) : text)
  },
})
