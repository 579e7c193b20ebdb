import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useMemo, type ReactNode } from 'react'
import { ChatPage } from './chat/chat-page.tsx'
import { NotThereYet } from './chat/not-there-yet.tsx'
import { LogWarning } from './log/watch.tsx'
import { replace, usePath } from './route.ts'
import { ServicesProvider } from './services.tsx'
import { InvitationPage } from './session/invitation-page.tsx'
import { scopeOf, sessionQuery, type Session } from './session/session.ts'
import { SignInPage } from './session/sign-in-page.tsx'
import { applyTheme, usePreference } from './settings/preferences.ts'
import { Announcer } from './ui/announcer.tsx'
import { Mark } from './ui/mark.tsx'

const AccountPage = lazy(async () => ({ default: (await import('./account/account-page.tsx')).AccountPage }))
const CasePage = lazy(async () => ({ default: (await import('./case/case-page.tsx')).CasePage }))
const ConsolePage = lazy(async () => ({ default: (await import('./console/console-page.tsx')).ConsolePage }))

const TransparencyPage = lazy(async () => ({
  default: (await import('./transparency/transparency-page.tsx')).TransparencyPage,
}))

export interface AppProps {
  /** The one-time token that the address held, at the first call. */
  readonly takeToken: () => string | null
  /** The token of an invitation that the address held. */
  readonly invitation: string | null
}

/** Who is there decides what is there: the app for somebody, the sign-in page for nobody. */
export function App(props: AppProps) {
  return (
    <div className="flex h-dvh flex-col">
      <LogWarning />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <Content {...props} />
      </div>
    </div>
  )
}

function Content({ takeToken, invitation }: AppProps) {
  const [theme] = usePreference('theme')
  useEffect(() => applyTheme(theme), [theme])
  const path = usePath()
  const query = useMemo(() => sessionQuery(takeToken), [takeToken])
  const { data, error, refetch } = useQuery(query)
  const signedIn = data !== undefined && data.session !== null
  useEffect(() => {
    if (signedIn && path === '/sign-in') replace(null)
  }, [signedIn, path])
  if (path === '/transparency') {
    return (
      <Loaded>
        <TransparencyPage />
      </Loaded>
    )
  }
  if (path === '/invitation' && invitation !== null) return <InvitationPage token={invitation} />
  if (data === undefined) {
    return (
      <div className="grid h-full place-content-center justify-items-center gap-6 p-6">
        <Mark className="size-12 motion-safe:animate-breathe" />
        {error === null ? (
          <p role="status" className="sr-only">
            Loading
          </p>
        ) : (
          <NotThereYet error={error} retry={refetch} />
        )}
      </div>
    )
  }
  if (data.session === null) return <SignInPage refused={data.refused} />
  return (
    <Loaded>
      <Inside path={path} session={data.session} />
    </Loaded>
  )
}

function Loaded({ children }: { readonly children: ReactNode }) {
  return (
    <Announcer>
      <Suspense fallback={<p className="sr-only">Loading</p>}>{children}</Suspense>
    </Announcer>
  )
}

/** The page that the address names, for whoever is signed in. */
function Inside({ path, session }: { readonly path: string; readonly session: Session }) {
  if (path === '/account') return <AccountPage session={session} />
  if (path === '/console' || path.startsWith('/console/')) return <ConsolePage session={session} />
  const [, caseId] = /^\/case\/(case_\w{1,60})$/u.exec(path) ?? []
  if (caseId !== undefined) return <CasePage key={caseId} id={caseId} />
  const scope = scopeOf(session)
  return (
    <ServicesProvider key={scope} scope={scope} session={session}>
      <ChatPage />
    </ServicesProvider>
  )
}
