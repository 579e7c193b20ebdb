/** A real web server for files that misbehaves as told: one behaviour a path, honest ranges where nothing else is said. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

export interface Asked {
  readonly path: string
  readonly range: string | null
  readonly authorization: string | null
}

/** What one request is answered with; `count` is how often this path was asked for before. */
export type Behaviour = (exchange: Exchange) => void

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly count: number
}

export class HostileFileServer {
  readonly asked: Asked[] = []
  readonly #behaviours = new Map<string, Behaviour>()
  readonly #counts = new Map<string, number>()
  readonly #server = createServer((request, response) => this.#answer(request, response))

  static async start(): Promise<HostileFileServer> {
    const server = new HostileFileServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  on(path: string, behaviour: Behaviour): string {
    this.#behaviours.set(path, behaviour)
    return `${this.origin}${path}`
  }

  /** Bytes that clients were sent answers for, by range. */
  requests(path: string): Asked[] {
    return this.asked.filter((asked) => asked.path === path)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/')
    const count = this.#counts.get(path) ?? 0
    this.#counts.set(path, count + 1)
    this.asked.push({
      path,
      range: request.headers.range ?? null,
      authorization: request.headers.authorization ?? null,
    })
    response.on('error', () => undefined)
    const behaviour = this.#behaviours.get(path)
    if (behaviour === undefined) response.writeHead(404).end('no such file')
    else behaviour({ request, response, count })
  }
}

export function etagOf(content: Buffer): string {
  return `"${createHash('sha256').update(content).digest('hex').slice(0, 32)}"`
}

export interface Honest {
  /** Bytes of the body after which the connection is cut; null sends all. */
  readonly cutAfter?: number | null
  readonly etag?: string | null
  readonly headers?: Record<string, string>
}

/** Answers as the standard says (RFC 9110, section 14): ranges, If-Range, 416. */
export function honest(content: Buffer, { cutAfter = null, etag, headers = {} }: Honest = {}): Behaviour {
  return ({ request, response }) => {
    const tag = etag === undefined ? etagOf(content) : etag
    const common = { 'accept-ranges': 'bytes', ...(tag === null ? {} : { etag: tag }), ...headers }
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    const condition = request.headers['if-range']
    if (first === undefined || (condition !== undefined && condition !== tag)) {
      response.writeHead(200, { ...common, 'content-length': content.length })
      send(response, content, cutAfter)
      return
    }
    const start = Number(first)
    const end =
      last === '' || last === undefined ? content.length : Math.min(Number(last) + 1, content.length)
    if (start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
      return
    }
    response.writeHead(206, {
      ...common,
      'content-range': `bytes ${start}-${end - 1}/${content.length}`,
      'content-length': end - start,
    })
    send(response, content.subarray(start, end), cutAfter)
  }
}

/** The whole file, whatever was asked for. */
export function withoutRanges(content: Buffer, cutAfter: number | null = null): Behaviour {
  return ({ response }) => {
    response.writeHead(200, { 'content-length': content.length })
    send(response, content, cutAfter)
  }
}

/** Compressed, although identity was asked for. */
export function gzipped(content: Buffer): Behaviour {
  return ({ response }) => {
    const body = gzipSync(content)
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
  }
}

/** The first behaviours one after the other, then the last for good. */
export function inTurn(...behaviours: readonly Behaviour[]): Behaviour {
  return (exchange) => behaviours[Math.min(exchange.count, behaviours.length - 1)]?.(exchange)
}

export function status(code: number, headers: Record<string, string> = {}): Behaviour {
  return ({ response }) => void response.writeHead(code, headers).end(`status ${code}`)
}

export function redirectTo(location: string, headers: Record<string, string> = {}): Behaviour {
  return status(302, { location, ...headers })
}

function send(response: ServerResponse, body: Buffer, cutAfter: number | null): void {
  if (cutAfter === null || cutAfter >= body.length) {
    response.end(body)
    return
  }
  response.write(body.subarray(0, cutAfter), () => response.socket?.destroy())
}
