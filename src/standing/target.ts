import type { EndUser, KeyId, OrganisationId, PersonId } from '../core/ids.ts'
import { elpisError } from '../errors.ts'
import type { Principal } from '../core/principal.ts'
import { addressOf, isWithin, networkOf, networkText } from './network.ts'

/** Whom or what a measure is against. Its text, `key:key_…`, is its name everywhere; two with one text are the same. */
export type Target =
  | { readonly kind: 'key'; readonly value: KeyId }
  | { readonly kind: 'person'; readonly value: PersonId }
  | { readonly kind: 'org'; readonly value: OrganisationId }
  | { readonly kind: 'user'; readonly value: EndUser }
  /** CIDR, as `networkText` writes it. */
  | { readonly kind: 'net'; readonly value: string }
  /** Of the e-mail address, lower case; those below it count as well. */
  | { readonly kind: 'domain'; readonly value: string }

export type TargetKind = Target['kind']

/** Kinds of those who have a name besides their id. */
export const namedKinds = ['key', 'person', 'org'] as const
export type NamedKind = (typeof namedKinds)[number]

/** `key:key_…`, `net:192.0.2.0/24`, … */
export function targetText({ kind, value }: Target): string {
  return `${kind}:${value}`
}

/** What `targetText` wrote: kept texts are not looked through again, of which many are read at start. */
export function targetOf(text: string): Target {
  const at = text.indexOf(':')
  return { kind: text.slice(0, at), value: text.slice(at + 1) } as Target
}

/**
 * What was typed or sent, as a target. Networks and domains come out in their one plain form; an IPv6 address alone is
 * its whole /64, for whoever has one address of that has them all (RFC 4291, 2.5.4).
 *
 * @throws `target_invalid`
 */
export function parseTarget(text: string): Target {
  const at = text.indexOf(':')
  const kind = text.slice(0, Math.max(0, at))
  const value = text.slice(at + 1).trim()
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text
  const refuse = (problem: string) => elpisError('target_invalid', { target: shown, problem })
  switch (kind) {
    case 'key':
    case 'person':
    case 'org':
    case 'user': {
      if (!/^[\w.=+-]{1,128}$/.test(value)) throw refuse('that is no id')
      return { kind, value } as Target
    }
    case 'net': {
      const network = networkOf(value)
      if (network === null) throw refuse('that is no address and no network')
      return { kind, value: networkText(network) }
    }
    case 'domain': {
      const name = value.toLowerCase().replace(/^@/, '').replace(/\.$/, '')
      if (name.length > 253 || !/^([a-z0-9_]([a-z0-9_-]{0,62})\.)+[a-z0-9-]{2,63}$/.test(name)) {
        throw refuse('that is no domain')
      }
      return { kind, value: name }
    }
    default:
      throw refuse('it must begin with key:, person:, org:, user:, net: or domain:')
  }
}

/** What names whoever asks and nobody else, and their organisation. */
export function exactTargets({ organisationId, personId, keyId, endUser }: Principal): Target[] {
  const targets: Target[] = [{ kind: 'org', value: organisationId }]
  if (personId !== null) targets.push({ kind: 'person', value: personId })
  if (keyId !== null) targets.push({ kind: 'key', value: keyId })
  if (endUser !== null) targets.push({ kind: 'user', value: endUser })
  return targets
}

/** Whether something against `target` is against whoever asks. */
export function concerns(target: Target, principal: Principal, domain: string | null): boolean {
  switch (target.kind) {
    case 'net': {
      const network = networkOf(target.value)
      const address = principal.network === null ? null : addressOf(principal.network)
      return network !== null && address !== null && isWithin(address, network)
    }
    case 'domain':
      return domain !== null && (domain === target.value || domain.endsWith(`.${target.value}`))
    default:
      return exactTargets(principal).some(({ kind, value }) => kind === target.kind && value === target.value)
  }
}
