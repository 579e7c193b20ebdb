/**
 * Sign-in with somebody else's account: OpenID Connect, authorization code with PKCE (S256), `state` and `nonce`. Where the
 * server connects to is decided by the issuer in the settings and its own metadata, never by a request.
 */
import type { Configuration } from 'openid-client'
import { z } from 'zod'
import { elpisError } from '../../errors.ts'

export interface ProviderSettings {
  /** As it is shown on the button. */
  readonly title: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string | null
  /** Anybody with a verified address in one of these domains may come in, uninvited. */
  readonly domains: readonly string[]
  /** For whoever comes in uninvited. */
  readonly role: 'member' | 'reviewer' | 'auditor' | 'admin'
  /** By name; the one that runs this server when null. */
  readonly organisation: string | null
}

/** What has to be remembered between leaving for the provider and coming back. */
export const leaveSchema = z.object({
  provider: z.string(),
  verifier: z.string(),
  state: z.string(),
  nonce: z.string(),
  redirect: z.string(),
})
export type Leave = z.infer<typeof leaveSchema>

/** Who the provider says that it is. */
export interface ProvenIdentity {
  readonly issuer: string
  readonly subject: string
  /** Lower case; null unless the provider says that it was verified. */
  readonly email: string | null
  readonly name: string | null
}

const patienceSeconds = 10
const mostBytes = 1_000_000

/**
 * One provider of the settings. Its metadata is read when it is first needed; `leave` sends the browser there,
 * `comeBack` checks what it returns with.
 */
export class Provider {
  readonly settings: ProviderSettings
  #found: Promise<Configuration> | null = null

  constructor(settings: ProviderSettings) {
    this.settings = settings
  }

  /** Where the browser goes, and what to remember until it comes back. @throws `provider_unavailable` */
  async leave(name: string, redirect: string): Promise<{ url: string; leave: Leave }> {
    const client = await library()
    const configuration = await this.#configuration()
    const leave: Leave = {
      provider: name,
      verifier: client.randomPKCECodeVerifier(),
      state: client.randomState(),
      nonce: client.randomNonce(),
      redirect,
    }
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirect,
      scope: 'openid email profile',
      state: leave.state,
      nonce: leave.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(leave.verifier),
      code_challenge_method: 'S256',
    })
    return { url: url.href, leave }
  }

  /**
   * Who came back.
   *
   * @param query of the address that the browser came back to, without `?`
   * @throws `provider_refused`, `provider_unavailable`
   */
  async comeBack(query: string, { verifier, state, nonce, redirect }: Leave): Promise<ProvenIdentity> {
    const client = await library()
    const configuration = await this.#configuration()
    const address = new URL(redirect)
    address.search = query
    try {
      const tokens = await client.authorizationCodeGrant(configuration, address, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (claims === undefined) throw new Error('no id token')
      const { email, email_verified, name } = await this.#profile(configuration, tokens.access_token, claims)
      return {
        issuer: claims.iss,
        subject: claims.sub,
        email: typeof email === 'string' && email_verified === true ? email.toLowerCase() : null,
        name: typeof name === 'string' ? name : null,
      }
    } catch (cause) {
      throw refusal(cause, this.settings.title)
    }
  }

  /** Many providers put the address into the id token only when asked at their second door. */
  async #profile(
    configuration: Configuration,
    accessToken: string,
    claims: { readonly sub: string; readonly [claim: string]: unknown },
  ): Promise<Record<string, unknown>> {
    if (claims['email'] !== undefined || configuration.serverMetadata().userinfo_endpoint === undefined)
      return claims
    const { fetchUserInfo } = await library()
    return { ...claims, ...(await fetchUserInfo(configuration, accessToken, claims.sub)) }
  }

  #configuration(): Promise<Configuration> {
    this.#found ??= this.#discover().catch((cause: unknown) => {
      this.#found = null
      throw refusal(cause, this.settings.title, true)
    })
    return this.#found
  }

  async #discover(): Promise<Configuration> {
    const client = await library()
    const { issuer, clientId, clientSecret } = this.settings
    const home = new URL(issuer)
    const plain = home.protocol === 'http:'
    const configuration = await client.discovery(
      home,
      clientId,
      undefined,
      clientSecret === null ? client.None() : client.ClientSecretBasic(clientSecret),
      {
        [client.customFetch]: (url, options) => boundedFetch(url, options as RequestInit, home),
        timeout: patienceSeconds,
        // The settings allow plain http for this machine itself only.
        ...(plain ? { execute: [client.allowInsecureRequests] } : {}),
      },
    )
    return configuration
  }
}

/**
 * As `fetch`, but it follows no redirect, reads no more than a megabyte, and goes to https only, or to the issuer itself:
 * metadata that names another door on this machine or its network is not believed.
 */
async function boundedFetch(url: string, options: RequestInit, issuer: URL): Promise<Response> {
  const target = new URL(url)
  if (target.origin !== issuer.origin && (target.protocol !== 'https:' || isLocal(target.hostname))) {
    throw new TypeError(`${target.origin} is not where this provider may be`)
  }
  const response = await fetch(target, {
    ...options,
    redirect: 'error',
    signal: AbortSignal.timeout(patienceSeconds * 1000),
  })
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength
    if (bytes > mostBytes) throw new TypeError('its answer is too long')
    pieces.push(piece)
  }
  const empty = response.status === 204 || response.status === 304
  return new Response(empty ? null : Buffer.concat(pieces), {
    status: response.status,
    headers: response.headers,
  })
}

/** Names of this machine and its network, and bare addresses: no provider of the outside world is called so. */
function isLocal(hostname: string): boolean {
  return (
    /^\[|^[\d.]+$|^localhost$|\.(localhost|local|internal|lan|home\.arpa)$/.test(hostname) ||
    !hostname.includes('.')
  )
}

function refusal(cause: unknown, title: string, finding = false): Error {
  const { code } = (cause ?? {}) as { code?: unknown }
  const unreachable = finding || (cause instanceof TypeError && code === undefined)
  const error = elpisError(unreachable ? 'provider_unavailable' : 'provider_refused', { provider: title })
  error.cause = cause
  return error
}

/** Loaded when somebody signs in through a provider. */
function library() {
  return import('openid-client')
}
