import { roles } from '../access/permissions.ts'
import { addPerson, listOrganisations, listPeople, removePerson, setRole } from '../api/access/people.ts'
import type { Role } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import { performAccess } from './access-client.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { inviteSomebody } from './invitation-client.ts'
import { saidTime } from '../core/shown-time.ts'
import { needed } from './standing-client.ts'
import { table } from './table.ts'

const add = defineCommand({
  name: 'add',
  summary: 'Add somebody to an organisation.',
  usage: 'NAME',
  examples: ['elpis people add "Ada Lovelace" --email ada@acme.example --org acme --role admin'],
  options: {
    email: { type: 'string', value: 'ADDRESS', description: 'Their e-mail address.' },
    org: { type: 'string', value: 'ORG', description: 'Their organisation, by id or name; home without.' },
    role: { type: 'string', value: 'ROLE', description: `${roles.join(', ')}. Default member.` },
  },
  positionals: [1, 1],
  async run({ options: { email, org, role }, positionals: [name = ''], config, json, terminal }) {
    const given = { name, email, role: roleNamed(role ?? 'member'), organisation: org }
    const made = await performAccess(config(), addPerson, given)
    terminal.print(json ? JSON.stringify(made) : `${made.name} is ${made.id}, ${made.role}.`)
  },
})

const invite = defineCommand({
  name: 'invite',
  summary: 'Make a link that lets somebody in once, within a week.',
  usage: 'ADDRESS',
  details:
    'Who is not there yet is added; who is there gets a new way in, and an earlier link of theirs ends.\nSend the link in a way that only they read.',
  examples: ['elpis people invite ada@acme.example --name "Ada Lovelace" --role reviewer'],
  options: {
    name: { type: 'string', value: 'NAME', description: 'Their name; the address without.' },
    org: { type: 'string', value: 'ORG', description: 'Their organisation, by id or name; home without.' },
    role: { type: 'string', value: 'ROLE', description: `${roles.join(', ')}. Default member.` },
  },
  positionals: [1, 1],
  async run({ options: { name, org, role }, positionals: [email = ''], config, json, terminal }) {
    const made = await inviteSomebody(config(), {
      email: needed(email, 'ADDRESS', 'Such as ada@acme.example.'),
      ...(name === undefined ? {} : { name }),
      ...(org === undefined ? {} : { organisation: org }),
      ...(role === undefined ? {} : { role: roleNamed(role) }),
    })
    if (json) return terminal.print(JSON.stringify(made))
    terminal.print(made.url)
    terminal.note(`It lets them in once, until ${saidTime(made.expires_at)}.`)
  },
})

const list = defineCommand({
  name: 'list',
  summary: 'List all people, with their organisations and roles.',
  examples: ['elpis people list', 'elpis people list --json'],
  async run({ config, json, terminal }) {
    const found = await performAccess(config(), listPeople, {})
    const { organisations } = await performAccess(config(), listOrganisations, {})
    const names = new Map(organisations.map((each) => [each.id, each.name]))
    if (json) terminal.print(JSON.stringify(found))
    else if (found.people.length === 0)
      terminal.note('There is nobody yet. `elpis people add NAME` adds one.')
    else {
      const rows = found.people.map(({ id, organisation, role, email, name }) => [
        id,
        names.get(organisation) ?? organisation,
        role,
        email ?? '',
        name,
      ])
      terminal.print(table([['ID', 'ORGANISATION', 'ROLE', 'EMAIL', 'NAME'], ...rows]))
    }
  },
})

const role = defineCommand({
  name: 'role',
  summary: 'Give somebody another role. What they run with the old one ends.',
  usage: 'PERSON ROLE',
  details: `By id, e-mail address or name. Roles: ${roles.join(', ')}.`,
  examples: ['elpis people role ada@acme.example reviewer'],
  positionals: [2, 2],
  async run({ positionals: [person = '', role = ''], config, json, terminal }) {
    const changed = await performAccess(config(), setRole, { person, role: roleNamed(role) })
    terminal.print(json ? JSON.stringify(changed) : `${changed.name} is ${changed.role} now.`)
  },
})

const remove = defineCommand({
  name: 'remove',
  summary: 'Remove somebody. Their keys end at once, with what they are running.',
  usage: 'PERSON',
  examples: ['elpis people remove ada@acme.example'],
  positionals: [1, 1],
  async run({ positionals: [person = ''], config, json, terminal }) {
    const gone = await performAccess(config(), removePerson, { person })
    terminal.print(json ? JSON.stringify(gone) : `${gone.name} (${gone.id}) is gone.`)
  },
})

export const people: CommandGroup = {
  name: 'people',
  summary: 'Add, list and remove people, and say what they may do.',
  commands: [add, invite, list, role, remove],
  usual: 'list',
}

/** @throws `usage` */
export function roleNamed(text: string): Role {
  const found = roles.find((role) => role === needed(text, 'ROLE', `One of ${roles.join(', ')}.`))
  if (found !== undefined) return found
  throw elpisError('usage', {
    problem: `There is no role "${text}".`,
    suggestion: `The roles are ${roles.join(', ')}.`,
  })
}
