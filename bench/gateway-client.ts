/** The load of `bench:gateway`, over bare sockets so that the client costs little: bounded in count and time, loopback only. */
import { connect, type Socket } from 'node:net'
import { quantile } from './load.ts'

/** Of the model `paced`: how many events, and the time between two. */
export const pacedEvents = 50
export const paceMilliseconds = 100

export interface GatewayTarget {
  readonly port: number
  /** Header lines besides the usual ones. */
  readonly headers: Readonly<Record<string, string>>
}

export interface Latencies {
  readonly p50: number
  readonly p99: number
}

export interface Sustained extends Latencies {
  readonly requestsPerSecond: number
}

export interface Streams {
  readonly completed: number
  readonly failed: number
  /** Milliseconds from request to first byte of the body. */
  readonly firstP50: number
  readonly firstP99: number
  /** How much later the last byte came than the pace of the upstream has it. */
  readonly lateP99: number
}

const longestAnswer = 30_000

/** A connection that sends one request after the other and reads each answer to its end. */
class Connection {
  readonly #socket: Socket
  readonly #request: Buffer
  #received = ''
  #onFirst: (() => void) | null = null
  #onEnd: ((failure: Error | null) => void) | null = null

  private constructor(socket: Socket, request: Buffer) {
    this.#socket = socket
    this.#request = request
    socket.on('data', (bytes) => this.#take(bytes.toString('latin1')))
    socket.on('error', (error) => this.#finish(error))
    socket.on('close', () => this.#finish(new Error('the connection was closed')))
  }

  static open({ port, headers }: GatewayTarget, body: object): Promise<Connection> {
    const text = JSON.stringify(body)
    const lines = Object.entries({
      host: `127.0.0.1:${port}`,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}`)
    const request = Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${text}`)
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () =>
        resolve(new Connection(socket, request)),
      )
      socket.once('error', reject)
    })
  }

  /** @returns milliseconds to the first byte of the body and to the end @throws when it is no success, or takes too long */
  ask(): Promise<{ readonly first: number; readonly end: number }> {
    return new Promise((resolve, reject) => {
      const started = performance.now()
      let first = 0
      const timer = setTimeout(() => this.#finish(new Error('the answer took too long')), longestAnswer)
      this.#received = ''
      this.#onFirst = () => (first = performance.now() - started)
      this.#onEnd = (failure) => {
        clearTimeout(timer)
        if (failure === null) resolve({ first, end: performance.now() - started })
        else reject(failure)
      }
      this.#socket.write(this.#request)
    })
  }

  close(): void {
    this.#onEnd = null
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#received += text
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    if (this.#received.length > headEnd + 4) {
      this.#onFirst?.()
      this.#onFirst = null
    }
    const head = this.#received.slice(0, headEnd)
    const length = /content-length: *(\d+)/i.exec(head)?.[1]
    const whole =
      length === undefined
        ? this.#received.endsWith('\r\n0\r\n\r\n')
        : this.#received.length >= headEnd + 4 + Number(length)
    if (!whole) return
    const right =
      head.startsWith('HTTP/1.1 200') && this.#received.includes('Hello') !== this.#received.includes(' word')
    this.#finish(right ? null : new Error(this.#received.slice(0, 400)))
  }

  #finish(failure: Error | null): void {
    const end = this.#onEnd
    this.#onEnd = null
    end?.(failure)
  }
}

function question(model: string, stream: boolean): object {
  const messages = [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'Write one short line about the weather of today.' },
  ]
  return { model, messages, max_tokens: 64, ...(stream ? { stream } : {}) }
}

/** One request after the other on one connection. */
export async function alone(target: GatewayTarget, count: number, stream: boolean): Promise<Latencies> {
  const connection = await Connection.open(target, question('mock', stream))
  const times: number[] = []
  const deadline = performance.now() + longestAnswer
  while (times.length < count && performance.now() < deadline) times.push((await connection.ask()).end)
  connection.close()
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

/** As many requests as so many connections get through in the time. */
export async function sustained(
  target: GatewayTarget,
  connections: number,
  seconds: number,
): Promise<Sustained> {
  const times: number[] = []
  const started = performance.now()
  const deadline = started + seconds * 1000
  const one = async () => {
    const connection = await Connection.open(target, question('mock', false))
    while (performance.now() < deadline) times.push((await connection.ask()).end)
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, one))
  const requestsPerSecond = (times.length / (performance.now() - started)) * 1000
  return { requestsPerSecond, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

/** So many streams at the same time, each at the pace of the upstream. */
export async function streams(target: GatewayTarget, count: number): Promise<Streams> {
  const usual = paceMilliseconds * (pacedEvents + 1)
  const results = await Promise.allSettled(
    Array.from({ length: count }, async () => {
      const connection = await Connection.open(target, question('paced', true))
      try {
        return await connection.ask()
      } finally {
        connection.close()
      }
    }),
  )
  const completed = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const first = completed.map((times) => times.first)
  return {
    completed: completed.length,
    failed: count - completed.length,
    firstP50: quantile(first, 0.5),
    firstP99: quantile(first, 0.99),
    lateP99: quantile(
      completed.map((times) => times.end - usual),
      0.99,
    ),
  }
}
