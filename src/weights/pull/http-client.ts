/**
 * GET requests for files: bounded in time, through the proxies that the environment names, following redirects by hand
 * so that a token never leaves the hub it is for (Ollama CVE-2025-51471) and https never becomes http.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { EnvHttpProxyAgent, Pool, request, type Dispatcher } from 'undici'
import { elpisError } from '../../errors.ts'
import { isLoopback } from '../reference.ts'
import { SourceFailure } from './failure.ts'
import type { PullLimits } from './settings.ts'

const mostRedirects = 8
const publicHub = 'https://huggingface.co'

export interface HttpAnswer {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly body: Dispatcher.ResponseData['body']
  /** Where the last redirect led. */
  readonly url: URL
  /** Headers of the answers before, the first one's first. */
  readonly redirects: readonly { readonly url: URL; readonly headers: Dispatcher.ResponseData['headers'] }[]
}

export interface HttpClient extends AsyncDisposable {
  /** Base address of the hub, without a slash at the end. */
  readonly hub: string
  /** A token for the hub is at hand. */
  readonly hasToken: boolean
  /**
   * @throws `SourceFailure` when nobody answers in time or a redirect is not followed; the answer's status is not looked at
   */
  get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer>
}

/** A client with what the environment says: proxies, `HF_ENDPOINT`, `HF_TOKEN`. */
export function httpClient(environment: NodeJS.ProcessEnv, limits: PullLimits): HttpClient {
  const hub = hubAddress(environment)
  const token = environment['HF_TOKEN'] || environment['HUGGING_FACE_HUB_TOKEN'] || null
  const dispatcher = proxying(environment, limits)
  const tokenOrigin = new URL(hub).origin

  return {
    hub,
    hasToken: token !== null,
    async get(start, headers, signal) {
      const redirects: { url: URL; headers: HttpAnswer['headers'] }[] = []
      for (let url = start; ;) {
        const authorization =
          token !== null && url.origin === tokenOrigin ? { authorization: `Bearer ${token}` } : {}
        const answer = await ask(url, { ...headers, ...authorization, 'accept-encoding': 'identity' }, signal)
        if (answer.statusCode < 300 || answer.statusCode > 399 || answer.headers['location'] === undefined) {
          return { status: answer.statusCode, headers: answer.headers, body: answer.body, url, redirects }
        }
        await answer.body.dump({ limit: 65_536, signal }).catch(() => answer.body.destroy())
        redirects.push({ url, headers: answer.headers })
        if (redirects.length > mostRedirects) throw new SourceFailure('broken', 'it redirects without end')
        url = followed(url, String(answer.headers['location']))
      }
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy()
    },
  }

  async function ask(url: URL, headers: Record<string, string>, signal: AbortSignal) {
    // No answer takes longer than this, whatever layer is slow. It bounds the headers only: a body may take hours.
    const deadline = new AbortController()
    const timer = setTimeout(
      () => deadline.abort(new DOMException('', 'TimeoutError')),
      limits.connect + limits.answer,
    )
    try {
      const answer = await request(url, {
        dispatcher,
        headers: { 'user-agent': 'elpis', ...headers },
        signal: AbortSignal.any([signal, deadline.signal]),
      })
      // A body that is dropped unread ends in an error that nobody waits for; whoever reads it gets it all the same.
      answer.body.on('error', () => undefined)
      return answer
    } catch (error) {
      signal.throwIfAborted()
      throw unreachable(error, url, limits)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Waits before attempt number `attempt` (from 1), longer each time and never in step with other clients. */
export async function pauseBefore(attempt: number, limits: PullLimits, signal: AbortSignal): Promise<void> {
  const longest = limits.pause * 2 ** Math.min(attempt - 1, 5)
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal })
}

/** Sends requests where the environment says: through its proxies, or straight. */
function proxying(environment: NodeJS.ProcessEnv, limits: PullLimits): EnvHttpProxyAgent {
  const variable = (name: string) => environment[name] || environment[name.toUpperCase()] || ''
  const connect = { timeout: limits.connect }
  const httpProxy = variable('http_proxy') || variable('all_proxy')
  try {
    return new EnvHttpProxyAgent({
      headersTimeout: limits.answer,
      bodyTimeout: limits.stall,
      connect,
      // Parts of one file come over their own connections.
      connections: limits.parts + 1,
      pipelining: 1,
      httpProxy,
      httpsProxy: variable('https_proxy') || httpProxy,
      noProxy: variable('no_proxy'),
      proxyTls: connect,
      requestTls: connect,
      // A proxy has as long to reach a host as we would have.
      clientFactory: (origin: URL, options: object) =>
        new Pool(origin, { ...options, headersTimeout: limits.connect }),
    })
  } catch (error) {
    throw elpisError('config_invalid', {
      where: 'HTTP_PROXY, HTTPS_PROXY or ALL_PROXY',
      problem: `cannot be used (${(error as Error).message})`,
      suggestion: 'Example: HTTPS_PROXY=http://proxy.example.org:3128',
    })
  }
}

function hubAddress(environment: NodeJS.ProcessEnv): string {
  const text = environment['HF_ENDPOINT'] || publicHub
  const url = URL.canParse(text) ? new URL(text) : null
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (url === null || !secure || url.username !== '' || url.password !== '') {
    throw elpisError('config_invalid', {
      where: 'HF_ENDPOINT',
      problem: 'is not the https address of a hub',
      suggestion: 'Example: HF_ENDPOINT=https://hub.example.org',
    })
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function followed(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : null
  const downgraded = to?.protocol === 'http:' && (from.protocol === 'https:' || !isLoopback(to.hostname))
  if (to === null || downgraded || !['http:', 'https:'].includes(to.protocol) || to.username !== '') {
    throw new SourceFailure('broken', `it redirects to ${to?.protocol ?? 'nowhere'} which is not followed`)
  }
  return to
}

function unreachable(error: unknown, url: URL, limits: PullLimits): SourceFailure {
  const { code, message } = error as { code?: string; message?: string }
  const seconds = (milliseconds: number) => `${milliseconds / 1000} s`
  const reasons: Record<string, string> = {
    UND_ERR_CONNECT_TIMEOUT: `no connection to ${url.host} within ${seconds(limits.connect)}`,
    UND_ERR_HEADERS_TIMEOUT: `${url.host} did not answer within ${seconds(limits.answer)}`,
    ECONNREFUSED: `${url.host} refuses connections`,
    ENOTFOUND: `the name ${url.hostname} is not known`,
    EAI_AGAIN: `the name ${url.hostname} could not be looked up`,
    ECONNRESET: `${url.host} closed the connection`,
    UND_ERR_SOCKET: `${url.host} closed the connection`,
  }
  const timedOut = error instanceof Error && error.name === 'TimeoutError'
  const reason = timedOut
    ? `${url.host} did not answer within ${seconds(limits.connect + limits.answer)}`
    : (reasons[code ?? ''] ?? `${url.host}: ${message ?? 'failed'}`)
  return new SourceFailure('unreachable', reason)
}
