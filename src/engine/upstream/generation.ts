/** One answer: sent to a replica, and to another when nothing came of it, until parts flow; then it is that one's. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Part } from '../../core/part.ts'
import type { EngineRequest } from '../../core/request.ts'
import { AnswerReader } from './answer-reader.ts'
import { EventLines } from './event-lines.ts'
import { broken, connectionFailure, plainReason, refusal, type Failure } from './failures.ts'
import { endSoon, type Replica } from './replica.ts'

/** Bytes of one streamed answer, the envelopes of its events included. */
const mostAnswerBytes = 256 * 1024 * 1024
/** Bytes that are read of an answer that is an error. */
const mostErrorBytes = 64 * 1024

export interface Sending {
  readonly request: EngineRequest
  readonly replica: Replica
  readonly path: string
  readonly body: string
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal
  readonly key: string | null
  readonly push: (part: Part) => void
  /** Told when the upstream's own numbers of tokens cannot be. */
  readonly onLie: () => void
}

/** What came of it: `whole`, `cancelled`, or what went wrong. */
export type Ended = 'whole' | 'cancelled' | Failure

/** Sends one request to one replica and passes its answer on part by part. Never rejects. */
export function send(sending: Sending): Promise<Ended> {
  return new Promise((resolve) => {
    const { replica, path, body } = sending
    replica.send({ method: 'POST', path, body }, new Receiver(sending, resolve))
  })
}

class Receiver implements Dispatcher.DispatchHandler {
  readonly #sending: Sending
  readonly #settle: (ended: Ended) => void
  readonly #reader: AnswerReader
  readonly #lines: EventLines
  readonly #abort = () => this.#end('cancelled')
  #controller: Dispatcher.DispatchController | null = null
  #head: { readonly status: number; readonly headers: IncomingHttpHeaders } | null = null
  #bytes = 0
  #errorBody: Buffer[] = []
  #ended = false
  #closing: NodeJS.Timeout | undefined
  /** What is wrong with an event; no more are read after it. */
  #problem: string | null = null

  constructor(sending: Sending, settle: (ended: Ended) => void) {
    this.#sending = sending
    this.#settle = settle
    this.#reader = new AnswerReader(sending.request, sending.push)
    this.#lines = new EventLines((data) => {
      this.#problem ??= this.#reader.take(data)
    })
    if (sending.signal.aborted) this.#end('cancelled')
    else sending.signal.addEventListener('abort', this.#abort, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#ended) controller.abort(new Error('nobody waits for the answer'))
  }

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (this.#ended || status < 200) return
    this.#head = { status, headers }
    if (status !== 200) return
    const type = headers['content-type'] ?? ''
    if (!/^text\/event-stream\b/i.test(type))
      this.#end(
        this.#broken(
          `its answer is "${plainReason(type, this.#sending.key)?.slice(0, 80) ?? ''}", not events`,
        ),
      )
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#ended) return
    this.#bytes += chunk.length
    if (this.#head?.status !== 200) {
      this.#errorBody.push(chunk)
      if (this.#bytes > mostErrorBytes) this.#refused()
      return
    }
    const fits = this.#lines.take(chunk)
    if (this.#problem !== null) this.#end(this.#broken(this.#problem))
    else if (this.#reader.done) this.#complete()
    else if (!fits) this.#end(this.#broken('an event of its answer has no end'))
    else if (this.#bytes > mostAnswerBytes) this.#end(this.#broken('its answer has no end'))
  }

  onResponseEnd(): void {
    clearTimeout(this.#closing)
    if (this.#ended) return
    if (this.#head?.status !== 200) this.#refused()
    else if (this.#lines.whole) this.#complete()
    else this.#end(this.#broken('its answer ends in the middle of an event'))
  }

  onResponseError(_controller: unknown, thrown: Error): void {
    clearTimeout(this.#closing)
    const { request } = this.#sending
    this.#end(connectionFailure(request.model, thrown, this.#head !== null))
  }

  /** The answer ends here. That it was whole is seen by its parts, for some servers do not say `[DONE]`. */
  #complete(): void {
    const problem = this.#reader.end()
    if (this.#reader.lied) this.#sending.onLie()
    this.#end(problem === null ? 'whole' : this.#broken(problem))
  }

  #refused(): void {
    const { request, key } = this.#sending
    const { status, headers } = this.#head ?? { status: 0, headers: {} }
    this.#end(
      refusal(request.model, { status, headers, key, body: Buffer.concat(this.#errorBody).toString() }),
    )
  }

  #broken(reason: string): Failure {
    const { request, key } = this.#sending
    return broken(request.model, plainReason(reason, key) ?? reason)
  }

  #end(ended: Ended): void {
    if (this.#ended) return
    this.#ended = true
    this.#sending.signal.removeEventListener('abort', this.#abort)
    if (this.#controller !== null) {
      if (ended === 'whole') this.#closing = endSoon(this.#controller)
      else this.#controller.abort(new Error('nobody waits for the answer'))
    }
    this.#settle(ended)
  }
}
