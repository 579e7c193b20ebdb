import { z } from 'zod'
import type { Credentials } from '../../core/principal.ts'
import type { EventFeed, NumberedEvent } from '../../monitoring/event-feed.ts'
import type { Live, Moment } from '../../monitoring/live.ts'
import { elpisError } from '../../errors.ts'
import { errorBody } from '../error-body.ts'
import { openEventStream } from '../event-stream.ts'
import { serverSentEvent } from '../framing.ts'
import { defineRoute, type Route } from '../route.ts'

export interface EventsRouteParts {
  readonly feed: Pick<EventFeed, 'since' | 'subscribe'>
  readonly live: Pick<Live, 'moment'>
  readonly ending: AbortSignal
  /** Lets in who may watch the server itself. */
  readonly watcher: (credentials: Credentials) => Promise<unknown>
}

const everyMilliseconds = 1000
/** Events that wait for a slow reader; beyond this the oldest are left out. */
const mostWaiting = 512

/** Everything that happens, as it happens, for the console. */
export function eventsRoute({ feed, live, ending, watcher }: EventsRouteParts): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/admin/events',
    summary: 'Follow what the server does, as server-sent events',
    needs: 'server.read',
    answers: {
      200: {
        description:
          'A `moment` each second (load, streams, memory), and between them what happened: `request-ended`, `guard-hit`, `alert`, `standing-act`. Begins with the last few. Ids, codes and numbers, no text.',
        events: z.looseObject({}),
      },
      401: { description: 'No valid key.', schema: errorBody },
      403: { description: 'This key may not see the whole.', schema: errorBody },
      503: { description: 'Too many watch already.', schema: errorBody },
    },
    async handle({ exchange, reply }) {
      await watcher(exchange.credentials)
      const waiting: NumberedEvent[] = [...feed.since(0)]
      let wake = () => {}
      const unsubscribe = feed.subscribe((event) => {
        waiting.push(event)
        if (waiting.length > mostWaiting) waiting.shift()
        wake()
      })
      if (unsubscribe === null) throw elpisError('overloaded', { queued: 0 })
      reply.hijack()
      const stream = openEventStream(reply.raw, reply.getHeaders())
      const over = AbortSignal.any([exchange.left, ending])
      try {
        let nextMoment = 0
        while (!over.aborted) {
          const now = performance.now()
          const frames = waiting.splice(0).map(frameOf)
          if (now >= nextMoment) {
            frames.push(momentFrame(live.moment()))
            nextMoment = now + everyMilliseconds
          }
          if (frames.length > 0 && !(await stream.write(frames.join('')))) break
          if (waiting.length === 0) {
            await pause(nextMoment - performance.now(), over, (resolve) => (wake = resolve))
          }
        }
      } finally {
        unsubscribe()
        stream.end()
      }
      return reply
    },
  })
}

function frameOf({ number, at, event: { type, ...facts } }: NumberedEvent): string {
  return `id: ${number}\n${serverSentEvent(JSON.stringify({ at, ...facts }), type)}`
}

function momentFrame(moment: Moment): string {
  return serverSentEvent(JSON.stringify(moment), 'moment')
}

/** Until so much time is over, somebody wakes it, or nobody watches any more. */
async function pause(
  milliseconds: number,
  over: AbortSignal,
  onWake: (wake: () => void) => void,
): Promise<void> {
  if (over.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, Math.max(0, milliseconds))
  const end = () => resolve()
  over.addEventListener('abort', end, { once: true })
  onWake(resolve)
  await promise
  over.removeEventListener('abort', end)
  clearTimeout(timer)
}
