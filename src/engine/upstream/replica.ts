import { Pool, type Dispatcher } from 'undici'
import { Breaker, type BreakerOptions } from './breaker.ts'

export interface ReplicaOptions extends BreakerOptions {
  /** Base of its API without a slash at the end, such as `http://gpu:8000/v1`. */
  readonly url: string
  readonly key: string | null
  readonly atOnce: number
  readonly connectMilliseconds: number
  readonly firstByteMilliseconds: number
  readonly idleMilliseconds: number
}

const mostHeaderBytes = 32 * 1024
/** Milliseconds that an answer may still take to end after its last word, so that its connection can be used again. */
const lastWords = 1000

/** One server: its connections, whether it can be used, and what it has to do. */
export class Replica {
  readonly url: string
  readonly breaker: Breaker
  readonly atOnce: number
  /** What the last look at its health said; null before the first. */
  healthy: boolean | null = null
  /** Requests that it works on. */
  active = 0
  /** Tokens that it has to read and write for them, as reckoned when they were sent. */
  tokens = 0
  readonly #pool: Pool
  readonly #path: string
  readonly #headers: Record<string, string>

  constructor(options: ReplicaOptions) {
    const { origin, pathname } = new URL(options.url)
    this.url = options.url
    this.#path = pathname
    this.atOnce = options.atOnce
    this.breaker = new Breaker(options)
    this.#headers = options.key === null ? {} : { authorization: `Bearer ${options.key}` }
    this.#pool = new Pool(origin, {
      // One more for looks at its health while everything else is in use.
      connections: options.atOnce + 1,
      pipelining: 1,
      connect: { timeout: options.connectMilliseconds },
      headersTimeout: options.firstByteMilliseconds,
      bodyTimeout: options.idleMilliseconds,
      maxHeaderSize: mostHeaderBytes,
    })
  }

  /** Whether a request may be sent to it now. */
  get available(): boolean {
    return this.healthy !== false && this.breaker.admits && this.active < this.atOnce
  }

  /** Where a path of its API is; `beside` its base for what no version stands before. */
  pathOf(path: string, place: 'below-base' | 'beside-base' = 'below-base'): string {
    return (place === 'below-base' ? this.#path : this.#path.replace(/\/v\d+$/, '')) + path
  }

  /** Sends one request; `handler` hears all that comes of it. Redirects are never followed: a key goes to this host only. */
  send(
    request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string },
    handler: Dispatcher.DispatchHandler,
  ): void {
    const { method, path, body } = request
    const headers =
      body === undefined ? this.#headers : { ...this.#headers, 'content-type': 'application/json' }
    this.#pool.dispatch({ method, path, headers, body: body ?? null }, handler)
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** Ends an exchange whose answer is complete, should its body not end by itself. */
export function endSoon(controller: Dispatcher.DispatchController): NodeJS.Timeout {
  return setTimeout(() => controller.abort(new Error('the answer was complete')), lastWords).unref()
}
