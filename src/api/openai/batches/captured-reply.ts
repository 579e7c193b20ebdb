import type { FastifyReply } from 'fastify'

/** Stands for the reply where nobody is on the line: keeps the JSON text that a route sends by itself. */
export class CapturedReply {
  #sent: string | null = null

  type(): this {
    return this
  }

  send(text: string): this {
    this.#sent = text
    return this
  }

  /** What the route answered with: what it returned, unless it sent something. */
  bodyOf(returned: unknown): unknown {
    return this.#sent === null ? returned : (JSON.parse(this.#sent) as unknown)
  }

  /** Routes use no more of it where no stream is asked for; the batch tests take each of them. */
  asReply(): FastifyReply {
    return this as unknown as FastifyReply
  }
}
