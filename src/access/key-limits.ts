import { liesWithin, Networks } from '../core/network.ts'
import { elpisError, type ElpisError } from '../errors.ts'
import type { KeyLimits } from './key-limits-schema.ts'
import type { Permission } from './permissions.ts'

/** What the schema makes of nothing; written out, so that the storage worker, which reads this file, loads no schemas. */
export const noLimits: KeyLimits = {
  scopes: null,
  endpoints: null,
  models: null,
  adapters: null,
  networks: null,
  rate: null,
}

/** Why a key that is narrowed like this may not pass a door; null when it may. */
export function refusedAt(limits: KeyLimits, door: { needs: Permission; path: string }): ElpisError | null {
  if (limits.scopes !== null && !limits.scopes.includes(door.needs))
    return elpisError('scope_refused', { what: `"${door.needs}"`, field: 'scopes' })
  if (limits.endpoints !== null && !limits.endpoints.some((pattern) => fits(pattern, door.path)))
    return elpisError('scope_refused', { what: door.path, field: 'endpoints' })
  return null
}

/** A name under which something is served: a model, or an adapter of one. */
export interface ServedName {
  readonly id: string
  /** The model that it is an adapter of. */
  readonly parent?: string
}

/** Why it may not ask what is served under this name; null when it may, or when nothing is. */
export function refusedModel(
  { models, adapters }: KeyLimits,
  name: string,
  served: readonly ServedName[],
): ElpisError | null {
  if (models === null && adapters === null) return null
  const parent = served.find(({ id }) => id === name)?.parent
  const base = parent ?? name
  if (models !== null && !models.some((pattern) => fits(pattern, base)))
    return elpisError('scope_refused', { what: `the model "${base.slice(0, 200)}"`, field: 'models' })
  const adapter = parent === undefined ? null : name.slice(parent.length + 1)
  if (adapters !== null && adapter !== null && !adapters.some((pattern) => fits(pattern, adapter)))
    return elpisError('scope_refused', { what: `the adapter "${adapter.slice(0, 200)}"`, field: 'adapters' })
  return null
}

/** Asked for every request, so that networks are read once a key. */
const networksOf = new WeakMap<KeyLimits, Networks>()

/** `network_refused` when the key is bound to networks and this address is in none of them, or unknown; else null. */
export function refusedNetwork(limits: KeyLimits, network: string | null): ElpisError | null {
  if (limits.networks === null) return null
  let networks = networksOf.get(limits)
  if (networks === undefined) networksOf.set(limits, (networks = new Networks(limits.networks)))
  return network !== null && networks.has(network)
    ? null
    : elpisError('network_refused', { network: network ?? 'an unknown address' })
}

/**
 * A wish, held to what its minter has: what is left open becomes the minter's own bound.
 *
 * @throws `beyond_minter`
 */
export function heldTo(wish: KeyLimits, minter: KeyLimits): KeyLimits {
  return {
    scopes: within('scopes', wish.scopes, minter.scopes, (inner, outer) => inner === outer),
    endpoints: within('endpoints', wish.endpoints, minter.endpoints, narrower),
    models: within('models', wish.models, minter.models, narrower),
    adapters: within('adapters', wish.adapters, minter.adapters, narrower),
    networks: within('networks', wish.networks, minter.networks, liesWithin),
    rate: rateWithin(wish.rate, minter.rate),
  }
}

function within<Entry extends string>(
  field: string,
  wish: readonly Entry[] | null,
  most: readonly Entry[] | null,
  fitting: (inner: Entry, outer: Entry) => boolean,
): Entry[] | null {
  if (most === null || wish === null) return (wish ?? most)?.slice() ?? null
  const beyond = wish.find((inner) => !most.some((outer) => fitting(inner, outer)))
  if (beyond !== undefined) throw elpisError('beyond_minter', { what: `${field}: ${beyond}` })
  return wish.slice()
}

const periodMinutes = { minute: 1, day: 1440, month: 31 * 1440 }

function rateWithin(wish: KeyLimits['rate'], most: KeyLimits['rate']): KeyLimits['rate'] {
  if (most === null || wish === null) return wish ?? most
  // All that a longer period allows may come within one shorter; of shorter ones, many fit into one longer.
  const times = Math.max(1, periodMinutes[most.period] / periodMinutes[wish.period])
  if (wish.requests * times > most.requests) throw elpisError('beyond_minter', { what: 'rate' })
  return wish
}

function fits(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern
}

function narrower(inner: string, outer: string): boolean {
  return outer.endsWith('*') ? inner.startsWith(outer.slice(0, -1)) : inner === outer
}
