import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Credentials } from '../core/principal.ts'
import type { OriginKind } from './host-and-origin.ts'

export const sessionCookie = 'elpis_session'
/** Stays in a browser whoever signs in there. */
export const deviceCookie = 'elpis_device'

/**
 * What a request shows to prove who it is. The only place that reads these headers, for every route. An `Authorization`
 * of another scheme counts as a (wrong) key, so that it never falls through to a cookie. A cookie counts only from our own
 * page: SameSite does not tell ports of one host apart, so another page on localhost would send it as well.
 * Of two `Authorization` headers neither counts: Node shows the first only, and whoever stands before us may go by the last.
 */
export function credentialsOf(
  { headers, rawHeaders }: Pick<IncomingMessage, 'headers' | 'rawHeaders'>,
  origin: OriginKind,
  safeMethod: boolean,
): Credentials {
  const authorization = headers.authorization === undefined ? undefined : onlyAuthorization(rawHeaders)
  const apiKey = headers['x-api-key']
  const bearer =
    authorization !== undefined
      ? authorization.replace(/^bearer +/i, '').trim()
      : apiKey === undefined
        ? null
        : String(apiKey).trim()
  if (bearer !== null) return { bearer, cookie: null }
  const trusted = origin === 'same' || (origin === 'none' && safeMethod)
  return { bearer: null, cookie: trusted ? cookieValue(headers.cookie) : null }
}

/** Its value; of several all of them, which are no key. */
function onlyAuthorization(rawHeaders: readonly string[]): string {
  return rawHeaders
    .filter((_value, place) => place % 2 === 1 && /^authorization$/i.test(rawHeaders[place - 1] ?? ''))
    .join(', ')
}

/** What tells the device of a request from others: the header of an application, or the cookie of a browser. */
export function deviceOf(headers: IncomingHttpHeaders): string | null {
  const named = headers['x-elpis-device']
  const device = typeof named === 'string' ? named.trim() : cookieValue(headers.cookie, deviceCookie)
  return device === null || device === '' ? null : device.slice(0, 200)
}

/** RFC 6265, 5.4: pairs separated by `; `. The first of the name counts. */
export function cookieValue(header: string | undefined, cookie: string = sessionCookie): string | null {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.split('=', 2)
    if (name?.trim() === cookie && value !== undefined && value !== '') return value.trim()
  }
  return null
}
