import { Check, Copy, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useAnnounce } from './announcer.tsx'
import { copyText } from './clipboard.ts'
import { IconButton } from './button.tsx'

/** How long the button shows what became of it, in milliseconds. */
const shownFor = 1600

const looks = {
  idle: Copy,
  copied: Check,
  failed: TriangleAlert,
} as const

export interface CopyButtonProps {
  readonly label: string
  /** Asked only when pressed. */
  readonly text: () => string
}

/** Copies a text and says so. */
export function CopyButton({ label, text }: CopyButtonProps) {
  const [state, setState] = useState<keyof typeof looks>('idle')
  const announce = useAnnounce()
  useEffect(() => {
    if (state === 'idle') return undefined
    const timer = setTimeout(() => setState('idle'), shownFor)
    return () => clearTimeout(timer)
  }, [state])
  const copy = async () => {
    const copied = await copyText(text())
    setState(copied ? 'copied' : 'failed')
    announce(copied ? 'Copied.' : 'This browser did not allow copying.')
  }
  const names = { idle: label, copied: 'Copied', failed: 'Not allowed' }
  return <IconButton small icon={looks[state]} label={names[state]} onClick={() => void copy()} />
}
