/**
 * Takes the one-time token of `/sign-in#TOKEN` out of the address bar, before anything else runs: neither the history
 * nor a screenshot shall hold it.
 */
export function takeSignInToken(): string | null {
  const { pathname, hash } = globalThis.location
  if (pathname !== '/sign-in') return null
  globalThis.history.replaceState(null, '', '/sign-in')
  return hash.length > 1 ? hash.slice(1) : null
}
