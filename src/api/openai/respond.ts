import type { FastifyReply } from 'fastify'
import type { Part } from '../../core/part.ts'
import type { ElpisError } from '../../errors.ts'
import { fold } from '../../pipeline/fold.ts'
import { openEventStream } from '../event-stream.ts'
import type { Exchange } from '../exchange.ts'
import { loadingComment, openAiFraming, type Framing } from '../framing.ts'
import type { Wire } from './wire.ts'

interface Responding {
  readonly parts: AsyncGenerator<Part>
  readonly wire: Wire
  readonly exchange: Exchange
  readonly reply: FastifyReply
  readonly choices: number
  readonly stream: boolean
  /** The field that holds the prompt, for errors about it. */
  readonly promptField: string
  /** The field that says what the answer must be; `response_format` when left out. */
  readonly formatField?: string
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
  const { framing = openAiFraming } = wire
  reply.hijack()
  const events = openEventStream(reply.raw, reply.getHeaders(), undefined, framing.contentType)
  try {
    for (let part: Part = first; ;) {
      if (part.type === 'error') {
        await events.write(framing.failure(part.error, exchange.id))
        return
      }
      const frames = framesOf(part, wire, framing)
      if (frames !== '' && !(await events.write(frames))) return
      const next = await parts.next()
      if (next.done === true) break
      part = next.value
    }
    if (framing.end !== '') await events.write(framing.end)
  } finally {
    events.end()
    await parts.return(undefined)
  }
}

function framesOf(part: Exclude<Part, { type: 'error' }>, wire: Wire, framing: Framing): string {
  if (part.type !== 'loading')
    return wire
      .events(part)
      .map((event) => framing.frame(event))
      .join('')
  const event = wire.loading?.(part.fraction)
  return event === undefined ? loadingComment(part.fraction) : framing.frame(event)
}

/** Notes for the log what passes by, and names the field that an error is about. */
async function* counting({
  parts,
  exchange,
  promptField,
  formatField = 'response_format',
}: Responding): AsyncGenerator<Part> {
  const { outcome } = exchange
  try {
    for await (const part of parts) {
      if (part.type === 'start') outcome.promptTokens = part.promptTokens
      else if (part.type === 'usage') {
        const { promptTokens, outputTokens } = part.usage
        Object.assign(outcome, { promptTokens, outputTokens })
      } else if ('tokens' in part && part.type !== 'finish')
        outcome.outputTokens = (outcome.outputTokens ?? 0) + part.tokens
      else if (part.type === 'error') {
        outcome.code = part.error.code
        part.error.param ??= fieldOf(part.error, promptField, formatField)
      }
      yield part
    }
  } finally {
    await parts.return(undefined)
  }
}

/** Stages behind the edge know nothing of this protocol's fields. */
function fieldOf({ code }: ElpisError, promptField: string, formatField: string): string | null {
  if (code === 'unsupported_schema') return formatField
  if (code === 'model_not_served' || code === 'model_lacks_ability') return 'model'
  const aboutPrompt = code === 'context_exceeded' || code === 'template_failed' || code === 'token_unknown'
  return aboutPrompt ? promptField : null
}
