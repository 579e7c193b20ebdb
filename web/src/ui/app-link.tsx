import type { ComponentProps } from 'react'
import { go } from '../route.ts'

/** A link to another page of this app, which opens without loading anew. */
export function AppLink({ to, ...rest }: Omit<ComponentProps<'a'>, 'href'> & { readonly to: string }) {
  return (
    <a
      href={to}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        go(to)
      }}
      {...rest}
    />
  )
}
