import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'

/** This close to the end (pixels) counts as the end. */
const nearEnd = 24
/** Only this far from the end is a way back worth showing. */
const farFromEnd = 160

export interface Following {
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly content: RefObject<HTMLDivElement | null>
  /** The reader is elsewhere: show the way back. */
  readonly away: boolean
  /** Goes to the end and stays there. */
  readonly follow: () => void
}

/**
 * Keeps the end of a growing text in sight, as long as the reader wants to be there: any movement upwards lets go, and
 * only coming back to the end takes hold again.
 */
export function useFollow(): Following {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const held = useRef(true)
  const [away, setAway] = useState(false)

  const follow = useCallback(() => {
    held.current = true
    const element = scroller.current
    if (element !== null) element.scrollTop = element.scrollHeight
  }, [])

  useEffect(() => {
    const element = scroller.current
    const inner = content.current
    if (element === null || inner === null) return undefined
    let lastTop = element.scrollTop
    const look = () => {
      const distance = element.scrollHeight - element.scrollTop - element.clientHeight
      if (distance <= nearEnd) held.current = true
      else if (element.scrollTop < lastTop - 1) held.current = false
      lastTop = element.scrollTop
      setAway(!held.current && distance > farFromEnd)
    }
    const grown = new ResizeObserver(() => {
      if (held.current) element.scrollTop = element.scrollHeight
      look()
    })
    grown.observe(inner)
    grown.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      grown.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [])

  return { scroller, content, away, follow }
}
