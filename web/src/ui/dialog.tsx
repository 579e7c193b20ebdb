import { X } from 'lucide-react'
import { AlertDialog as RadixAlert, Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { Button, IconButton } from './button.tsx'

const veil = 'fixed inset-0 z-40 bg-veil animate-fade'

const places = {
  middle:
    'inset-x-3 top-[max(1rem,8dvh)] mx-auto max-h-[84dvh] w-auto max-w-lg rounded-2xl border border-line animate-rise',
  right:
    'inset-y-0 right-0 w-[min(24rem,100vw)] border-l border-line animate-slide pb-[env(safe-area-inset-bottom)] safe-top',
  left: 'inset-y-0 left-0 w-[min(19rem,86vw)] animate-slide [--slide-from:-100%] safe-top',
} as const

export interface DialogProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  readonly place?: keyof typeof places
  /** Only read aloud; the content says it to the eye. */
  readonly titleHidden?: boolean
  readonly children: ReactNode
}

/** A window over the page that keeps the keyboard until it is closed. */
export function Dialog({
  open,
  onOpenChange,
  title,
  place = 'middle',
  titleHidden = false,
  children,
}: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={veil} />
        <Radix.Content
          aria-describedby={undefined}
          className={`fixed z-50 flex flex-col overflow-hidden bg-raised shadow-2xl outline-none ${places[place]}`}
        >
          {titleHidden ? (
            <Radix.Title className="sr-only">{title}</Radix.Title>
          ) : (
            <div className="flex items-center justify-between border-b border-line py-2.5 pr-2.5 pl-5">
              <Radix.Title className="font-serif text-lg font-semibold">{title}</Radix.Title>
              <Radix.Close asChild>
                <IconButton icon={X} label="Close" keys="Esc" />
              </Radix.Close>
            </div>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export interface ConfirmProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  readonly text: string
  readonly action: string
  readonly onConfirm: () => void
}

/** Asks before something is lost. */
export function Confirm({ open, onOpenChange, title, text, action, onConfirm }: ConfirmProps) {
  return (
    <RadixAlert.Root open={open} onOpenChange={onOpenChange}>
      <RadixAlert.Portal>
        <RadixAlert.Overlay className={veil} />
        <RadixAlert.Content className="fixed inset-x-3 top-[22dvh] z-50 mx-auto max-w-sm rounded-2xl border border-line bg-raised p-5 shadow-2xl outline-none animate-rise">
          <RadixAlert.Title className="font-serif text-lg font-semibold">{title}</RadixAlert.Title>
          <RadixAlert.Description className="mt-2 text-sm break-words text-soft">
            {text}
          </RadixAlert.Description>
          <div className="mt-5 flex justify-end gap-2">
            <RadixAlert.Cancel asChild>
              <Button>Cancel</Button>
            </RadixAlert.Cancel>
            <RadixAlert.Action asChild>
              <Button look="danger" onClick={onConfirm}>
                {action}
              </Button>
            </RadixAlert.Action>
          </div>
        </RadixAlert.Content>
      </RadixAlert.Portal>
    </RadixAlert.Root>
  )
}
