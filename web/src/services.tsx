import { useQueryClient } from '@tanstack/react-query'
import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react'
import { Answering } from './conversations/answering.ts'
import { openArchive } from './conversations/archive.ts'
import { newId } from './conversations/conversation.ts'
import { Drafts } from './conversations/draft.ts'
import { ConversationStore, type StoreState } from './conversations/store.ts'
import { ask } from './server/ask.ts'
import type { Session, SignedIn } from './session/session.ts'

/** What the whole chat page works with, for one signed-in somebody. */
export interface Services {
  readonly session: Session
  readonly store: ConversationStore
  readonly answering: Answering
  readonly drafts: Drafts
  /** Shows the sign-in page; conversations stay where they are. */
  readonly showSignIn: () => void
}

const ServicesContext = createContext<Services | null>(null)

export function useServices(): Services {
  const services = useContext(ServicesContext)
  if (services === null) throw new Error('There is no ServicesProvider here.')
  return services
}

/** The state of the conversations, and again whenever `select` gives something else. */
export function useStore<Selected>(select: (state: StoreState) => Selected): Selected {
  const { store } = useServices()
  return useSyncExternalStore(store.subscribe, () => select(store.state()))
}

export interface ServicesProviderProps {
  readonly scope: string
  readonly session: Session
  readonly children: ReactNode
}

/** Opens the conversations of whoever `scope` names, and shows `children` once they are read. */
export function ServicesProvider({ scope, session, children }: ServicesProviderProps) {
  const queries = useQueryClient()
  const [store, setStore] = useState<ConversationStore | null>(null)
  useEffect(() => {
    let gone = false
    void openArchive(scope).then(async (archive) => {
      const opened = new ConversationStore(archive)
      await opened.load()
      if (!gone) setStore(opened)
    })
    return () => {
      gone = true
    }
  }, [scope])
  const services = useMemo<Services | null>(() => {
    if (store === null) return null
    const showSignIn = () => queries.setQueryData<SignedIn>(['session'], { session: null, refused: null })
    return {
      session,
      store,
      answering: new Answering(store, { ask, now: Date.now, newId, onSignedOut: showSignIn }),
      drafts: new Drafts(scope),
      showSignIn,
    }
  }, [store, session, scope, queries])
  useEffect(() => {
    if (services === null) return undefined
    const save = () => void services.store.save()
    addEventListener('pagehide', save)
    return () => {
      removeEventListener('pagehide', save)
      services.answering.stopAll()
    }
  }, [services])
  return services === null ? null : <ServicesContext value={services}>{children}</ServicesContext>
}
