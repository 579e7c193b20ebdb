import { SourceFailure } from './failure.ts'
import type { HttpClient } from './http-client.ts'

/** Whether another attempt may get another answer. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

/** What an answer other than the file means, for the user. */
export function refusal(status: number, address: URL, client: HttpClient): SourceFailure {
  const onHub = address.href.startsWith(`${client.hub}/`)
  if (status === 401 || status === 403) {
    if (!onHub) return new SourceFailure('refused', `${address.host} refuses (${status})`)
    const repository = address.pathname
      .slice(new URL(client.hub).pathname.length)
      .split('/')
      .filter(Boolean)
      .slice(0, 2)
    const page = `${client.hub}/${repository.join('/')}`
    const advice = client.hasToken
      ? `Accept its licence at ${page} with the account that HF_TOKEN belongs to.`
      : `Accept its licence at ${page}, then put a token of that account into HF_TOKEN.`
    return new SourceFailure('refused', `the hub refuses (${status}): gated, private or misspelt`, advice)
  }
  if (status === 404 || status === 410)
    return new SourceFailure('missing', `there is no such file (${status})`)
  return new SourceFailure('broken', `${address.host} answers ${status}`)
}
