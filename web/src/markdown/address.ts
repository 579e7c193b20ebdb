const schemes = new Set(['http:', 'https:', 'mailto:'])

/**
 * Where a link of a model may lead: an absolute web or mail address and nothing else. A relative one would lead into this
 * very server, and one with a user name in it is made to look like somewhere else.
 */
export function safeAddress(address: string | undefined): URL | null {
  const url = URL.parse(address ?? '')
  if (url === null || !schemes.has(url.protocol) || url.username !== '' || url.password !== '') return null
  return url
}

/** The part of an address that says whose it is; international names in their ASCII form, where look-alikes show. */
export function owner(url: URL): string {
  return url.protocol === 'mailto:' ? decodeSafely(url.pathname) : url.host
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
