import { useEffect, useRef, type KeyboardEvent } from 'react'
import { touch, useMedia } from '../ui/media.ts'

export interface GrowingFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** Enter; on a touch screen Enter is a line break, and only the button sends. */
  readonly onEnter: () => void
  /** Any other key; `event.preventDefault()` keeps it from the page. */
  readonly onKey?: (event: KeyboardEvent<HTMLTextAreaElement>) => void
  readonly placeholder?: string
  /** Takes the focus when it appears: always, or only where that does not open a keyboard on the screen. */
  readonly focused: 'always' | 'unless-touch'
  readonly id?: string
  readonly className?: string
}

/** A text field as high as its text. */
export function GrowingField(props: GrowingFieldProps) {
  const { label, value, onChange, onEnter, onKey, placeholder, focused, id, className = '' } = props
  const onGlass = useMedia(touch)
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const element = field.current
    if (element === null || (focused === 'unless-touch' && matchMedia(touch).matches)) return
    element.focus()
    element.setSelectionRange(element.value.length, element.value.length)
  }, [focused])
  return (
    <div className="grows max-h-[40dvh] overflow-y-auto">
      {/* An invisible copy of the text holds the field open: no script has to measure anything. */}
      <div aria-hidden className={`invisible ${className}`}>
        {value}{' '}
      </div>
      <textarea
        ref={field}
        id={id}
        rows={1}
        aria-label={label}
        value={value}
        placeholder={placeholder}
        enterKeyHint={onGlass ? 'enter' : 'send'}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          // Enter also picks a word while Japanese or Chinese is composed.
          const composing = event.nativeEvent.isComposing
          if (event.key === 'Enter' && !event.shiftKey && !composing && !onGlass) {
            event.preventDefault()
            onEnter()
          } else {
            onKey?.(event)
          }
        }}
        className={`bg-transparent outline-none focus-visible:outline-none placeholder:text-faint ${className}`}
      />
    </div>
  )
}
