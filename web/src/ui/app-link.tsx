import type { ComponentProps } from 'react'
import { go } from '../route.ts'

export interface AppLinkProps extends Omit<ComponentProps<'a'>, 'href' | 'onClick'> {
  readonly to: string
  /** After it was followed within the app. */
  readonly onFollow?: () => void
}

/** A link to another page of this app, which opens without loading anew. */
export function AppLink({ to, onFollow, ...rest }: AppLinkProps) {
  return (
    <a
      href={to}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        go(to)
        onFollow?.()
      }}
      {...rest}
    />
  )
}
