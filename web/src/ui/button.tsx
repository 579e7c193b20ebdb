import type { LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'

const looks = {
  primary: 'bg-fill text-on-fill hover:opacity-90',
  outline: 'border border-line bg-raised text-ink hover:bg-hover',
  quiet: 'text-soft hover:bg-hover hover:text-ink',
  danger: 'bg-danger-tint text-danger border border-transparent hover:border-danger',
} as const

const shared =
  'inline-flex shrink-0 items-center justify-center rounded-lg transition-colors disabled:opacity-50 disabled:pointer-events-none'

export interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: keyof typeof looks
  readonly icon?: LucideIcon
}

/** A button with words. */
export function Button({ look = 'outline', icon: Icon, className = '', children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`${shared} ${looks[look]} min-h-9 gap-2 px-3.5 py-1.5 text-sm font-medium ${className}`}
      {...rest}
    >
      {Icon === undefined ? null : <Icon aria-hidden className="size-4 shrink-0" />}
      {children}
    </button>
  )
}

export interface IconButtonProps extends ComponentProps<'button'> {
  readonly look?: keyof typeof looks
  readonly icon: LucideIcon
  /** Its name for everybody: read aloud, and shown on hover. */
  readonly label: string
  readonly keys?: string
  readonly small?: boolean
}

/**
 * A button that is only a picture. Its tooltip is the browser's own: one of ours would take the Escape key from the page
 * for as long as it is shown.
 */
export function IconButton({
  look = 'quiet',
  icon: Icon,
  label,
  keys,
  small = false,
  className = '',
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={keys === undefined ? label : `${label} (${keys})`}
      className={`${shared} ${looks[look]} ${small ? 'size-8' : 'size-10'} ${className}`}
      {...rest}
    >
      <Icon aria-hidden className={small ? 'size-4' : 'size-5'} />
    </button>
  )
}
