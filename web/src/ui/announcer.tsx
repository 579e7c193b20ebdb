import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react'

/** Long enough to be read out (milliseconds). */
const keptFor = 15_000

const AnnounceContext = createContext<(text: string) => void>(() => {})

/** Says a short sentence to whoever listens instead of looking. */
export function useAnnounce(): (text: string) => void {
  return useContext(AnnounceContext)
}

/**
 * One polite live region for the whole page. An answer that grows is no live region: it would be read word by word, over
 * and over. It is announced when it begins and read once when it ends.
 */
export function Announcer({ children }: { readonly children: ReactNode }) {
  const [spoken, setSpoken] = useState({ text: '', count: 0 })
  useEffect(() => {
    if (spoken.text === '') return undefined
    // Whoever walks through the page later shall not come across it.
    const timer = setTimeout(() => setSpoken(({ count }) => ({ text: '', count })), keptFor)
    return () => clearTimeout(timer)
  }, [spoken])
  const announce = useCallback((text: string) => setSpoken(({ count }) => ({ text, count: count + 1 })), [])
  return (
    <AnnounceContext value={announce}>
      {children}
      <div role="status" aria-live="polite" className="sr-only">
        {/* A new element every time: the same sentence twice is two events. */}
        <span key={spoken.count}>{spoken.text}</span>
      </div>
    </AnnounceContext>
  )
}
