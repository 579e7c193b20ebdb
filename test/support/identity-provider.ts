/** A real OpenID Connect provider on a free port, whose people sign in by being named in the address of the form. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'

export interface ProvidedPerson {
  readonly email: string
  readonly email_verified: boolean
  readonly name?: string
}

export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** By subject. */
  readonly people: Map<string, ProvidedPerson>
  /** Where the next client may be led back to. */
  allow(redirect: string): Promise<void>
}

export async function identityProvider(): Promise<IdentityProvider> {
  const clientId = 'elpis'
  const clientSecret = 'a-secret-of-the-tests-and-nobody-else'
  const people = new Map<string, ProvidedPerson>()
  const redirects: string[] = []
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const make = () =>
    new Provider(issuer, {
      clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [...redirects] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: true } },
      cookies: { keys: ['of the tests'] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: async () => ({ sub: id, ...people.get(id) }),
      }),
    })
  let listener: ReturnType<Provider['callback']> | null = null
  server.on('request', (request, response) => void listener?.(request, response))
  return {
    issuer,
    clientId,
    clientSecret,
    people,
    async allow(redirect) {
      redirects.push(redirect)
      listener = make().callback()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
