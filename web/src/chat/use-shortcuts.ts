import { useEffect } from 'react'
import { isCommand, isWriting } from '../ui/shortcuts.ts'
import { composerId } from './composer.tsx'

export interface ShortcutActions {
  /** Something lies over the page, which has its own keys. */
  readonly blocked: boolean
  readonly onStop: () => void
  readonly onNewChat: () => void
  readonly onSearch: () => void
  readonly onSidebar: () => void
}

/** Keys that work everywhere on the page. */
export function useShortcuts({ blocked, onStop, onNewChat, onSearch, onSidebar }: ShortcutActions): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      // A menu or a field has taken it already.
      if (blocked || event.defaultPrevented || event.isComposing) return
      if (event.key === 'Escape') onStop()
      else if (isCommand(event, 'k')) onSearch()
      else if (isCommand(event, 'o', true)) onNewChat()
      else if (isCommand(event, 'b')) onSidebar()
      else if (event.key === '/' && !isWriting(event))
        document.querySelector<HTMLElement>(`#${composerId}`)?.focus()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [blocked, onStop, onNewChat, onSearch, onSidebar])
}
