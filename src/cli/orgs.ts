import { createOrganisation, listOrganisations, removeOrganisation } from '../api/access/people.ts'
import { performAccess } from './access-client.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { table } from './table.ts'

const create = defineCommand({
  name: 'create',
  summary: 'Make an organisation. Its people and keys see nothing of any other.',
  usage: 'NAME',
  examples: ['elpis orgs create acme'],
  positionals: [1, 1],
  async run({ positionals: [name = ''], config, json, terminal }) {
    const made = await performAccess(config(), createOrganisation, { name })
    terminal.print(json ? JSON.stringify(made) : `${made.name} is ${made.id}.`)
  },
})

const list = defineCommand({
  name: 'list',
  summary: 'List all organisations. `home` is that of whoever runs this server.',
  examples: ['elpis orgs list'],
  async run({ config, json, terminal }) {
    const found = await performAccess(config(), listOrganisations, {})
    const rows = found.organisations.map(({ id, name }) => [id, name])
    terminal.print(json ? JSON.stringify(found) : table([['ID', 'NAME'], ...rows]))
  },
})

const rm = defineCommand({
  name: 'rm',
  summary: 'Remove an organisation. Its keys end at once, with what they are running.',
  usage: 'ID|NAME',
  examples: ['elpis orgs rm acme'],
  positionals: [1, 1],
  async run({ positionals: [organisation = ''], config, json, terminal }) {
    const gone = await performAccess(config(), removeOrganisation, { organisation })
    terminal.print(json ? JSON.stringify(gone) : `${gone.name} (${gone.id}) is gone.`)
  },
})

export const orgs: CommandGroup = {
  name: 'orgs',
  summary: 'Make, list and remove organisations.',
  commands: [create, list, rm],
  usual: 'list',
}
