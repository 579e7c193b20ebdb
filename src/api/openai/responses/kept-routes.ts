/** What can be done with an answer that was kept. */
import { z } from 'zod'
import { elpisError } from '../../../errors.ts'
import { errorBody } from '../../error-body.ts'
import { neutralOnly } from '../../parse.ts'
import { defineRoute, type Route } from '../../route.ts'
import { listed, listOf, pageQuery, type ListQuery } from '../list.ts'
import { responseObject } from './answer-schema.ts'
import type { ResponsesParts } from './create.ts'
import type { KnownItem } from './items.ts'

const notHere = { description: 'It is not here (any more).', schema: errorBody }
const noKey = { description: 'No valid key.', schema: errorBody }

const deleted = z.object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) })
const include = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .describe('Accepted: all is shown always.')

/** The routes to a kept answer: show, remove, list its input. Cancelling is always refused: a kept answer is complete. */
export function keptResponseRoutes({ stored, whose }: Omit<ResponsesParts, 'generating'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/responses/:id',
      summary: 'Show an answer that was kept',
      needs: 'answers',
      query: z.strictObject({
        include,
        'include[]': include,
        stream: neutralOnly(z.literal('false'), 'an answer that was kept comes whole'),
      }),
      answers: { 200: { description: 'The answer.', schema: responseObject }, 401: noKey, 404: notHere },
      handle: async ({ exchange, names }) =>
        await stored.one((await whose(exchange.credentials)).account, names['id'] ?? ''),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/responses/:id',
      summary: 'Delete an answer that was kept',
      needs: 'answers',
      answers: { 200: { description: 'It is gone.', schema: deleted }, 401: noKey, 404: notHere },
      async handle({ exchange, names: { id = '' } }): Promise<z.infer<typeof deleted>> {
        await stored.delete((await whose(exchange.credentials)).account, id)
        return { id, object: 'response', deleted: true }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/responses/:id/input_items',
      summary: 'List what the model was given for an answer',
      needs: 'answers',
      query: pageQuery.extend({ include, 'include[]': include }),
      answers: {
        200: { description: 'Items, those of the answers before as well.', schema: listed(z.unknown()) },
        401: noKey,
        404: notHere,
      },
      async handle({ exchange, names, query }) {
        const { account } = await whose(exchange.credentials)
        const items = await stored.input(account, names['id'] ?? '')
        return pageOf(query.order === 'asc' ? items : items.toReversed(), query)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/responses/:id/cancel',
      summary: 'Cancel an answer that is made in the background: there are none here',
      needs: 'answers',
      answers: {
        400: { description: 'It is complete already.', schema: errorBody },
        401: noKey,
        404: notHere,
      },
      async handle({ exchange, names }): Promise<never> {
        await stored.one((await whose(exchange.credentials)).account, names['id'] ?? '')
        throw elpisError('invalid_request', {
          problem:
            'Only an answer that is made in the background can be cancelled, and this one is complete.',
        })
      },
    }),
  ]
}

function pageOf(items: readonly KnownItem[], { after, limit }: ListQuery) {
  const index = after === undefined ? -1 : items.findIndex(({ id }) => id === after)
  if (after !== undefined && index === -1) throw elpisError('kept_not_found', { kind: 'item', id: after })
  return listOf(items.slice(index + 1, index + 2 + limit), limit)
}
