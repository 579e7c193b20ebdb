/** The door for other systems that tell of people. */
import { z } from 'zod'
import { hazards, type Hazard } from '../../core/verdict.ts'
import { parseTarget } from '../../standing/target.ts'
import type { Standing } from '../../standing/standing.ts'
import { errorBody } from '../error-body.ts'
import { parseJson } from '../json-body.ts'
import { parseBody } from '../parse.ts'
import { defineRoute, type Route } from '../route.ts'
import { targetField } from './measures.ts'

const signal = z.strictObject({
  target: targetField,
  hazard: z
    .enum(['attack', 'other', ...(Object.keys(hazards) as Hazard[])])
    .default('other')
    .describe('What it is about.'),
  severity: z.number().min(0).max(1).describe('0 to 1.'),
  direction: z
    .enum(['input', 'output'])
    .default('input')
    .describe('What they asked, or what they were answered.'),
  wrote: z
    .boolean()
    .default(false)
    .describe(
      'Whether they wrote it themselves; a strike follows only where the settings let this source give them.',
    ),
  reason: z
    .string()
    .min(1)
    .max(2000)
    .describe('One line, for reviewers; whoever it concerns may read it in their case.'),
  case: z.boolean().default(false).describe('Whether a case is opened, or the open one extended.'),
})

const taken = z.object({
  object: z.literal('safety.signal'),
  taken: z.boolean().describe('False when a message of this id was taken in before.'),
})

/** The routes by which other systems report signals. */
export function signalRoutes(standing: Standing): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/signals/:source',
      summary:
        'Tell of somebody from outside, signed as Standard Webhooks has it with a secret of this source',
      needs: 'nothing',
      signed: true,
      body: signal,
      answers: {
        200: { description: 'Taken in.', schema: taken },
        401: { description: 'The signature is wrong, or too old.', schema: errorBody },
      },
      async handle({ incoming: { headers }, bytes, names: { source = '' } }): Promise<z.infer<typeof taken>> {
        const envelope = {
          id: String(headers['webhook-id'] ?? ''),
          timestamp: String(headers['webhook-timestamp'] ?? ''),
          signature: String(headers['webhook-signature'] ?? ''),
        }
        standing.inbound.verify(source, envelope, bytes)
        const { target, case: opensCase, ...told } = parseBody(signal, parseJson(bytes))
        const found = { ...told, opensCase, target: parseTarget(target) }
        return { object: 'safety.signal', taken: await standing.inbound.take(source, envelope, found) }
      },
    }),
  ]
}
