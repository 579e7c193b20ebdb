import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { ChatPage } from './chat/chat-page.tsx'
import { ProblemNotice } from './chat/problem-notice.tsx'
import { problemOf } from './server/problem.ts'
import { replace } from './route.ts'
import { ServicesProvider } from './services.tsx'
import { sessionQuery } from './session/session.ts'
import { SignInPage } from './session/sign-in-page.tsx'
import { applyTheme, usePreference } from './settings/preferences.ts'
import { Announcer } from './ui/announcer.tsx'
import { Mark } from './ui/mark.tsx'

export interface AppProps {
  /** The one-time token that the address held, at the first call. */
  readonly takeToken: () => string | null
}

/** Who is there decides what is there: the chat for somebody, the sign-in page for nobody. */
export function App({ takeToken }: AppProps) {
  const [theme] = usePreference('theme')
  useEffect(() => applyTheme(theme), [theme])
  const query = useMemo(() => sessionQuery(takeToken), [takeToken])
  const { data, error, refetch } = useQuery(query)
  const signedIn = data !== undefined && data.session !== null
  useEffect(() => {
    if (signedIn && globalThis.location.pathname === '/sign-in') replace(null)
  }, [signedIn])
  if (data === undefined) {
    return (
      <div className="grid h-full place-content-center justify-items-center gap-6 p-6">
        <Mark className="size-12 motion-safe:animate-breathe" />
        {error === null ? (
          <p role="status" className="sr-only">
            Loading
          </p>
        ) : (
          <ProblemNotice
            problem={problemOf(error)}
            actions={[{ label: 'Try again', run: () => void refetch() }]}
          />
        )}
      </div>
    )
  }
  if (data.session === null) return <SignInPage refused={data.refused} />
  const scope = `${data.session.kind}:${data.session.name}`
  return (
    <ServicesProvider key={scope} scope={scope} session={data.session}>
      <Announcer>
        <ChatPage />
      </Announcer>
    </ServicesProvider>
  )
}
