/** What `elpis keys create` says of a key besides its name. */
import { keyLimits, type KeyLimits } from '../access/key-limits-schema.ts'
import type { KeyWish } from '../access/minting.ts'
import { periods } from '../access/quotas/quota.ts'
import { parseBody } from '../api/parse.ts'
import { elpisError } from '../errors.ts'
import type { Invocation } from './command.ts'
import { roleNamed } from './people.ts'
import { secondsOf } from './standing-client.ts'

export const wishOptions = {
  person: { type: 'string', value: 'PERSON', description: 'Whose it is, by id, e-mail address or name.' },
  org: { type: 'string', value: 'ORG', description: 'Its organisation, by id or name; home without.' },
  role: { type: 'string', value: 'ROLE', description: 'Most that it may do. Default member.' },
  service: { type: 'boolean', description: 'Of a program: `elpis keys rotate` changes its secret.' },
  expires: {
    type: 'string',
    value: 'TIME',
    description: 'How long it works, such as 12h, 30d; for good without.',
  },
  scope: { type: 'string', value: 'LIST', description: 'What it is for, such as answers,embeddings,models.' },
  endpoints: { type: 'string', value: 'LIST', description: 'Paths that it may call, such as /v1/files*.' },
  models: { type: 'string', value: 'LIST', description: 'Models that it may ask, such as smollm2*.' },
  adapters: { type: 'string', value: 'LIST', description: 'Adapters that it may ask for.' },
  networks: { type: 'string', value: 'LIST', description: 'Networks (CIDR) that it may be used from.' },
  rate: {
    type: 'string',
    value: 'N/PERIOD',
    description: 'Most requests a minute, day or month: 60/minute.',
  },
} as const

/** @throws `usage`, `invalid_request` naming what is wrong */
export function wishOf(options: Invocation<typeof wishOptions>['options'], now: number): KeyWish {
  const { person, org, role, service, expires, rate, scope, endpoints, models, adapters, networks } = options
  const listed = { scopes: scope, endpoints, models, adapters, networks }
  const lists = Object.entries(listed).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, text.split(',').map((entry) => entry.trim())]],
  )
  const limits: KeyLimits = parseBody(keyLimits, {
    ...(Object.fromEntries(lists) as object),
    ...(rate === undefined ? {} : { rate: rateOf(rate) }),
  })
  return {
    person,
    organisation: org,
    role: role === undefined ? undefined : roleNamed(role),
    service,
    expiresAt: expires === undefined ? null : now + secondsOf(expires) * 1000,
    limits,
  }
}

function rateOf(text: string): KeyLimits['rate'] {
  const [, requests, word] = /^(\d{1,9})\/(\w+)$/.exec(text) ?? []
  const period = periods.find((each) => each === word)
  if (requests !== undefined && period !== undefined) return { requests: Number(requests), period }
  throw elpisError('usage', {
    problem: `"${text}" is no rate.`,
    suggestion: 'Write it such as 60/minute, 1000/day or 20000/month.',
  })
}
