import type { FastifyReply } from 'fastify'
import type { Request } from '../../core/request.ts'
import type { Exchange } from '../exchange.ts'
import type { Generating } from '../openai/generating.ts'
import { respond } from '../openai/respond.ts'
import { lineWire, type Said } from './line-wire.ts'
import { Stopwatch } from './stopwatch.ts'

interface How {
  readonly exchange: Exchange
  readonly reply: FastifyReply
  readonly stream: boolean
  readonly promptField: string
  readonly said: (said: Said) => object
}

/** Has the pipeline answer, and writes it as Ollama does. */
export async function answered(
  request: Request,
  { answer, now }: Pick<Generating, 'answer' | 'now'>,
  { said, ...how }: How,
): Promise<unknown> {
  const stopwatch = new Stopwatch(now, how.exchange.startedAt)
  return await respond({
    ...how,
    parts: stopwatch.watch(answer(request, how.exchange.credentials)),
    wire: lineWire({ model: request.model, now, stopwatch, said }),
    choices: 1,
    formatField: 'format',
  })
}
