import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'

/** Drawing a growing text may take up this share of the time. */
const share = 1 / 5
/** The text lags behind by no more than this (milliseconds). */
const longestPause = 2000

/**
 * `text`, as long as it grows no more often than this machine can draw it: whatever drawing takes (a long answer on an old
 * phone, a text made to be slow), most of the time is left to the reader. Once it has stopped growing it is always the
 * newest.
 */
export function usePaced(text: string, growing: boolean): string {
  const [shown, setShown] = useState(text)
  const newest = useRef(text)
  const cost = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  useEffect(() => {
    newest.current = text
    if (!growing || timer.current !== null) return
    timer.current = setTimeout(
      () => {
        timer.current = null
        const began = performance.now()
        flushSync(() => setShown(newest.current))
        cost.current = performance.now() - began
      },
      Math.min(longestPause, cost.current * (1 / share - 1)),
    )
  }, [text, growing])
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current)
      timer.current = null
    },
    [],
  )
  return growing ? shown : text
}
