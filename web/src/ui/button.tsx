import type { LucideIcon } from 'lucide-react'
import { Tooltip } from 'radix-ui'
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

/** A button that is only a picture; its name stands in a tooltip. */
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
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <button
          type="button"
          aria-label={label}
          className={`${shared} ${looks[look]} ${small ? 'size-8' : 'size-10'} ${className}`}
          {...rest}
        >
          <Icon aria-hidden className={small ? 'size-4' : 'size-5'} />
        </button>
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={4}
          collisionPadding={8}
          className="z-50 flex items-center gap-2 rounded-md bg-ink px-2 py-1 text-xs text-canvas animate-fade"
        >
          {label}
          {keys === undefined ? null : <kbd className="font-sans opacity-70">{keys}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
