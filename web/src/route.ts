import { useSyncExternalStore } from 'react'

const changed = new EventTarget()

/** The conversation that the address names (`/c/ID`), or null for a new one. */
export function conversationInAddress(pathname: string): string | null {
  return pathname.match(/^\/c\/([0-9a-f]{32})$/u)?.[1] ?? null
}

/** The conversation that is open, and again whenever somebody goes elsewhere, also by the browser's own buttons. */
export function useOpenConversation(): string | null {
  return useSyncExternalStore(subscribe, () => conversationInAddress(globalThis.location.pathname))
}

/** Opens a conversation, or the new one for null. */
export function open(conversation: string | null): void {
  const path = pathOf(conversation)
  if (path !== globalThis.location.pathname) globalThis.history.pushState(null, '', path)
  changed.dispatchEvent(new Event('change'))
}

/** The same, without a way back to what was open before. */
export function replace(conversation: string | null): void {
  globalThis.history.replaceState(null, '', pathOf(conversation))
  changed.dispatchEvent(new Event('change'))
}

/** Where one is, and again whenever that changes. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => globalThis.location.pathname)
}

/** Goes to another page of this app. */
export function go(path: string): void {
  if (path !== globalThis.location.pathname) globalThis.history.pushState(null, '', path)
  changed.dispatchEvent(new Event('change'))
}

function pathOf(conversation: string | null): string {
  return conversation === null ? '/' : `/c/${conversation}`
}

function subscribe(listener: () => void): () => void {
  changed.addEventListener('change', listener)
  globalThis.addEventListener('popstate', listener)
  return () => {
    changed.removeEventListener('change', listener)
    globalThis.removeEventListener('popstate', listener)
  }
}
