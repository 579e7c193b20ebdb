import type { FastifyReply } from 'fastify'
import type { Part } from '../../core/part.ts'
import type { ElpisError } from '../../errors.ts'
import { fold } from '../../pipeline/fold.ts'
import { errorBodyOf } from '../error-body.ts'
import { openEventStream } from '../event-stream.ts'
import type { Exchange } from '../exchange.ts'
import type { Wire } from './wire.ts'

interface Responding {
  readonly parts: AsyncGenerator<Part>
  readonly wire: Wire
  readonly exchange: Exchange
  readonly reply: FastifyReply
  readonly choices: number
  readonly stream: boolean
  /** The field that holds the prompt, for errors about it. */
  readonly promptField: 'messages' | 'prompt'
}

/** Answers with what the pipeline yields: whole, or as events. */
export async function respond(responding: Responding): Promise<unknown> {
  const { wire, stream, choices } = responding
  const counted = counting(responding)
  if (!stream) return wire.whole(await fold(counted, choices))

  // Headers are held until the first part, so that what fails early is a proper status.
  const first = await counted.next()
  if (first.done === true) return await fold(counted, choices)
  if (first.value.type === 'error') {
    await counted.return(undefined)
    throw first.value.error
  }
  await streamEvents(responding, counted, first.value)
  return responding.reply
}

async function streamEvents(
  { wire, exchange, reply }: Responding,
  parts: AsyncGenerator<Part>,
  first: Exclude<Part, { type: 'error' }>,
): Promise<void> {
  reply.hijack()
  const events = openEventStream(reply.raw, reply.getHeaders())
  try {
    for (let part: Part = first; ;) {
      if (part.type === 'error') {
        await events.send(errorEvent(part.error, exchange))
        return
      }
      for (const event of wire.events(part)) {
        if (!(await events.send({ data: JSON.stringify(event) }))) return
      }
      const next = await parts.next()
      if (next.done === true) break
      part = next.value
    }
    await events.send({ data: '[DONE]' })
  } finally {
    events.end()
    await parts.return(undefined)
  }
}

/** OpenAI's clients throw on an event whose data has an `error`. There is no `[DONE]` after it: this is no whole answer. */
function errorEvent(error: ElpisError, { id }: Exchange) {
  return { name: 'error', data: JSON.stringify(errorBodyOf(error, id)) }
}

/** Notes for the log what passes by, and names the field that an error is about. */
async function* counting({ parts, exchange, promptField }: Responding): AsyncGenerator<Part> {
  const { outcome } = exchange
  try {
    for await (const part of parts) {
      if (part.type === 'start') outcome.promptTokens = part.promptTokens
      else if ('tokens' in part) outcome.outputTokens = (outcome.outputTokens ?? 0) + part.tokens
      else if (part.type === 'error') {
        outcome.code = part.error.code
        part.error.param ??= fieldOf(part.error, promptField)
      }
      yield part
    }
  } finally {
    await parts.return(undefined)
  }
}

/** Stages behind the edge know nothing of this protocol's fields. */
function fieldOf({ code }: ElpisError, promptField: string): string | null {
  if (code === 'model_not_served' || code === 'model_lacks_ability') return 'model'
  return code === 'context_exceeded' || code === 'template_failed' ? promptField : null
}
