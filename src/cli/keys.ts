import type { Access, KeyInfo } from '../access/access.ts'
import { connectControl } from '../api/control/client.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import { elpisError } from '../errors.ts'
import { rotateKey } from '../api/access/keys.ts'
import { listOrganisations, listPeople } from '../api/access/people.ts'
import { performAccess } from './access-client.ts'
import { defineCommand, type CommandGroup } from './command.ts'
import { wishOf, wishOptions } from './key-wish.ts'
import { withAccess } from './own-access.ts'
import { throughServer } from './running-server.ts'
import { shownTime } from '../core/shown-time.ts'
import { table } from './table.ts'

const create = defineCommand({
  name: 'create',
  summary: 'Make an API key. It is shown once.',
  details:
    'Works beside a running server, at once. The key goes to standard output, all else to standard error.',
  examples: [
    'elpis keys create --name laptop',
    'KEY=$(elpis keys create --name ci)',
    'elpis keys create --name ada --person ada@acme.example --expires 30d --scope answers,models',
    'elpis keys create --name worker --org acme --service --networks 10.0.0.0/8 --rate 100/minute',
  ],
  options: {
    name: { type: 'string', value: 'NAME', description: 'What the key is for, such as laptop. Needed.' },
    ...wishOptions,
  },
  async run({ options, config, json, terminal }) {
    const { name } = options
    const wish = wishOf(options, systemClock.now())
    if (name === undefined) {
      throw elpisError('usage', {
        problem: '--name is missing.',
        suggestion: 'Say what the key is for: `elpis keys create --name laptop`.',
      })
    }
    await withKeys(config(), async (keys, origin) => {
      const made = await keys.createKey(name, wish)
      if (json) {
        terminal.print(JSON.stringify(made))
        return
      }
      terminal.note(`The key "${made.name}" (${made.id}), shown this once; only its hash is kept:\n`)
      terminal.print(made.key)
      terminal.note(`\nTry it:\n  curl ${origin}/v1/models -H "Authorization: Bearer ${made.key}"`)
    })
  },
})

const list = defineCommand({
  name: 'list',
  summary: 'List all keys, the revoked ones too. Never the keys themselves.',
  examples: ['elpis keys list', 'elpis keys list --json'],
  async run({ config, json, terminal }) {
    await withKeys(config(), async (keys) => {
      const all = await keys.listKeys()
      if (json) terminal.print(JSON.stringify({ keys: all }))
      else if (all.length === 0)
        terminal.note('There are no keys yet. `elpis keys create --name NAME` makes one.')
      else terminal.print(tableOf(all, await namesOf(config()), systemClock.now()))
    })
  },
})

const revoke = defineCommand({
  name: 'revoke',
  summary: 'End a key, at once: its sessions and running answers end too.',
  usage: 'ID|NAME',
  details: 'By its id, its first characters as `elpis keys list` shows them, or its name.',
  examples: ['elpis keys revoke laptop', 'elpis keys revoke key_3kTMd9XwLq0ZbR7c'],
  positionals: [1, 1],
  async run({ positionals: [which = ''], config, json, terminal }) {
    await withKeys(config(), async (keys) => {
      const key = await keys.revokeKey(which)
      terminal.print(json ? JSON.stringify(key) : `The key "${key.name}" (${key.id}) works no more.`)
    })
  },
})

const rotate = defineCommand({
  name: 'rotate',
  summary: 'Give a service key a new secret. The one before works on until the next rotation.',
  usage: 'ID|NAME',
  details: 'For keys that were made with --service. The new secret is shown once.',
  examples: ['elpis keys rotate worker', 'elpis keys rotate worker --now'],
  options: {
    now: { type: 'boolean', description: 'End the secret before at once, with what it is running.' },
  },
  positionals: [1, 1],
  async run({ options, positionals: [key = ''], config, json, terminal }) {
    const made = await performAccess(config(), rotateKey, { key, keep_former: options.now !== true })
    if (json) terminal.print(JSON.stringify(made))
    else {
      terminal.note(`The new secret of "${made.name}" (${made.id}), shown this once:\n`)
      terminal.print(made.key)
    }
  },
})

const link = defineCommand({
  name: 'link',
  summary: 'Print a fresh sign-in link for the browser of the owner.',
  details:
    'It works once, within 15 minutes. A server must be running: it is the one that the link leads to.',
  examples: ['elpis keys link'],
  async run({ config, json, terminal }) {
    const { home } = config()
    const server = await connectControl(home)
    if (server === null) throw elpisError('server_not_running', { home })
    try {
      const made = await server.createSignInLink()
      if (json) terminal.print(JSON.stringify(made))
      else {
        terminal.print(made.url)
        terminal.note('Open it within 15 minutes. It works once; whoever opens it is signed in as the owner.')
      }
    } finally {
      await server.close()
    }
  },
})

export const keys: CommandGroup = {
  name: 'keys',
  summary: 'Make, list, rotate and revoke API keys; print a sign-in link.',
  commands: [create, list, rotate, revoke, link],
  usual: 'list',
}

/** Of people and organisations, by their ids. */
type Names = ReadonlyMap<string, string>

async function namesOf(config: Config): Promise<Names> {
  const { people } = await performAccess(config, listPeople, {})
  const { organisations } = await performAccess(config, listOrganisations, {})
  return new Map([...people, ...organisations].map(({ id, name }) => [id, name]))
}

type Keys = Pick<Access, 'createKey' | 'listKeys' | 'revokeKey'>

/** Through the running server, which then knows at once; by ourselves when there is none. */
async function withKeys(config: Config, work: (keys: Keys, origin: string) => Promise<void>): Promise<void> {
  const { port } = config.server
  const origin = `http://localhost:${port}`
  await throughServer(
    config,
    (server) => work(server, server.status.address ?? origin),
    () => withAccess(config, ({ access }) => work(access, origin)),
  )
}

function tableOf(keys: readonly KeyInfo[], names: Names, now: number): string {
  const rows = keys.map((key) => [
    key.id,
    `${key.prefix}…`,
    names.get(key.personId ?? key.organisationId) ?? key.personId ?? key.organisationId,
    key.service ? `${key.role}, service` : key.role,
    key.lastUsedAt === null ? 'never' : shownTime(key.lastUsedAt),
    stateOf(key, now),
    key.name,
    narrowed(key.limits),
  ])
  return table([['ID', 'KEY', 'WHOSE', 'ROLE', 'LAST USED', 'STATE', 'NAME', 'ONLY FOR'], ...rows])
}

function stateOf({ revokedAt, expiresAt }: KeyInfo, now: number): string {
  if (revokedAt !== null) return 'revoked'
  if (expiresAt === null) return 'works'
  return expiresAt <= now ? 'expired' : `until ${shownTime(expiresAt)}`
}

/** What a key is narrowed to, in words; empty for one that may all its role may. */
function narrowed({ rate, ...lists }: KeyInfo['limits']): string {
  const given = Object.values(lists).flatMap((list) => (list === null ? [] : [list.join(',')]))
  if (rate !== null) given.push(`${rate.requests} a ${rate.period}`)
  return given.join('; ')
}
