/**
 * Takes the one-time token of `/sign-in#TOKEN` or `/invitation#TOKEN` out of the address bar, before anything else runs:
 * neither the history nor a screenshot shall hold it.
 */
export function takeToken(page: '/sign-in' | '/invitation'): string | null {
  const { pathname, hash, search } = globalThis.location
  if (pathname !== page) return null
  globalThis.history.replaceState(null, '', page + search)
  return hash.length > 1 ? hash.slice(1) : null
}
