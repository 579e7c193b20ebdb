/** What a browser does with a server, without one: keeps cookies and names its origin. */
export interface BrowserClient {
  /** Answers with the status, and the body where there is JSON. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Follows no redirect. */
  visit(address: string): Promise<Response>
  readonly cookies: Map<string, string>
}

export interface Answer {
  readonly status: number
  readonly body: Record<string, never>
  readonly headers: Headers
}

export function browserClient(origin: string): BrowserClient {
  const cookies = new Map<string, string>()
  const send = async (
    address: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
  ) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(address, {
      ...init,
      redirect: 'manual',
      headers: { ...(cookie === '' ? {} : { cookie }), ...init.headers },
    })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/s, 2)
      if (value === '' || /max-age=0/i.test(line) || /expires=Thu, 01 Jan 1970/.test(line))
        cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  return {
    cookies,
    visit: (address) => send(address, { headers: { accept: 'text/html' } }),
    async ask(method, path, body, headers = {}) {
      const response = await send(origin + path, {
        method,
        headers: {
          origin,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const parsed = (await response.json().catch(() => ({}))) as Record<string, never>
      return { status: response.status, body: parsed, headers: response.headers }
    },
  }
}
