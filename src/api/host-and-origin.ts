/**
 * Who may talk to this server through a browser. The host check stops DNS rebinding (a foreign name that resolves to
 * this machine); the origin check stops foreign pages from using the server, with or without a cookie.
 */
import { isIP } from 'node:net'

interface HostPolicy {
  /** The address that the server is bound to. */
  readonly bind: string
  readonly allowedHosts: readonly string[]
}

/** The host of a `Host` header without its port, lower case, brackets of IPv6 kept; null when it is malformed. */
export function hostOf(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(header ?? '')
  return match?.[1]?.toLowerCase() ?? null
}

/**
 * Whether the server answers for this `Host` header. Bound to all addresses, it answers for any IP literal: rebinding
 * needs a name.
 */
export function hostAllowed(header: string | undefined, { bind, allowedHosts }: HostPolicy): boolean {
  const host = hostOf(header)
  if (host === null) return false
  const bare = host.startsWith('[') ? host.slice(1, -1) : host
  if (bare === 'localhost' || bare === '127.0.0.1' || bare === '::1') return true
  if (bare === bind.toLowerCase()) return true
  if (allowedHosts.some((allowed) => allowed.toLowerCase() === host || allowed.toLowerCase() === bare))
    return true
  return (bind === '0.0.0.0' || bind === '::') && isIP(bare) !== 0
}

/** How the page that sent a request relates to this server. `none`: no browser page (curl, an SDK) or plain navigation. */
export type OriginKind = 'none' | 'same' | 'allowed' | 'foreign'

/**
 * Compares the `Origin` header with the `Host` header and the allowed origins, all in any case. No `Origin` is
 * `none`.
 */
export function originKind(
  origin: string | undefined,
  hostHeader: string | undefined,
  allowedOrigins: readonly string[],
): OriginKind {
  if (origin === undefined) return 'none'
  const host = hostHeader?.toLowerCase()
  const given = origin.toLowerCase()
  if (host !== undefined && (given === `http://${host}` || given === `https://${host}`)) return 'same'
  return allowedOrigins.some((allowed) => allowed.toLowerCase() === given) ? 'allowed' : 'foreign'
}
