import type { Access } from '../access/access.ts'
import { OwnAccounts } from '../access/sign-in/own-account.ts'
import { createSignIn } from '../access/sign-in/person-sign-in.ts'
import type { ProviderSettings } from '../access/sign-in/provider.ts'
import type { SignIn } from '../access/sign-in/sign-in.ts'
import type { SignInStore } from '../access/sign-in/store.ts'
import { openHomeKeys } from '../audit/home-keys.ts'
import type { Acts } from '../core/acts.ts'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'

interface SignInWiring {
  readonly store: SignInStore
  readonly access: Access
  readonly acts?: Acts
  /** Null before the server listens. */
  readonly address: () => string | null
}

/** Sign-in as the settings have it. `address` is what the server prints; null before it listens. */
export function openSignIn(
  { home, audit, sign_in, oidc, server }: Config,
  { store, access, acts, address }: SignInWiring,
  environment: NodeJS.ProcessEnv = process.env,
): { signIn: SignIn; accounts: OwnAccounts } {
  const chosen = sign_in.address.replace(/\/+$/, '')
  const providers = Object.entries(oidc).map(([name, settings]): [string, ProviderSettings] => [
    name,
    {
      title: settings.title ?? name,
      issuer: settings.issuer,
      clientId: settings.client_id,
      clientSecret:
        settings.client_secret_env === undefined ? null : (environment[settings.client_secret_env] ?? null),
      domains: settings.domains,
      role: settings.role,
      organisation: settings.organisation ?? null,
    },
  ])
  const homeKey = openHomeKeys(home, audit.origin).wrapping
  const parts = {
    store,
    door: access.door,
    clock: systemClock,
    homeKey,
    ...(acts === undefined ? {} : { acts }),
  }
  return {
    signIn: createSignIn({
      ...parts,
      providers: Object.fromEntries(providers),
      address: () => (chosen === '' ? (address() ?? `http://localhost:${server.port}`) : chosen),
    }),
    accounts: new OwnAccounts(parts),
  }
}
