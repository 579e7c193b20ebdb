import { useSyncExternalStore } from 'react'

/** Whether a media query holds, and again whenever that changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = matchMedia(query)
      list.addEventListener('change', changed)
      return () => list.removeEventListener('change', changed)
    },
    () => matchMedia(query).matches,
  )
}

/** There is room for the list of conversations beside the conversation. */
export const wide = '(min-width: 56rem)'
/** Typed on glass: Enter is a line break there, as everywhere on a phone. */
export const touch = '(pointer: coarse)'
