/** The log as the console shows it to auditors. */
import { z } from 'zod'
import type { LogView } from '../../audit/log-view.ts'
import { actEntry, requestEntry } from '../../audit/log-entry.ts'
import type { EntryId } from '../../core/ids.ts'
import { errorBody } from '../error-body.ts'
import { defineRoute, type Route } from '../route.ts'
import type { Whose } from '../whose.ts'

const position = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number)
const entry = z.discriminatedUnion('type', [requestEntry, actEntry])
const placed = z.object({ position: z.int(), entry })

const state = z.object({
  origin: z.string(),
  key: z.string().describe('The public key, as c2sp.org/signed-note has it.'),
  size: z.int().describe('Entries that are durable.'),
  signed: z.int().describe('Entries under the last checkpoint.'),
  open: z.int().describe('Requests that are being answered, 1000 at most.'),
  checkpoint: z.string(),
  witnesses: z
    .array(z.object({ name: z.string(), signed_at: z.string().nullable() }))
    .describe('Those that are asked; null: the last checkpoint is not signed by it.'),
})

/** The console's routes to the log; they need `audit.read`. */
export function viewRoutes({ view, whose }: { readonly view: LogView; readonly whose: Whose }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/admin/log',
      summary: 'How the transparency log stands',
      needs: 'audit.read',
      answers: { 200: { description: 'Size, checkpoint, witnesses.', schema: state } },
      async handle(): Promise<z.output<typeof state>> {
        const { witnesses, ...rest } = await view.state()
        return {
          ...rest,
          witnesses: witnesses.map(({ name, signedAt }) => ({
            name,
            signed_at: signedAt === null ? null : new Date(signedAt).toISOString(),
          })),
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/admin/log/entries',
      summary: 'List entries of the transparency log, the newest first',
      needs: 'audit.read',
      query: z.object({
        before: position.optional().describe('Only those before this position.'),
        limit: position.pipe(z.int().min(1).max(200)).default(50),
      }),
      answers: {
        200: {
          description: 'Those that one may see.',
          schema: z.object({
            entries: z
              .array(placed)
              .describe('May be fewer than `limit`, or none, though there are more: see `next`.'),
            next: z.int().nullable().describe('The `before` of the next page; null when nothing is older.'),
          }),
        },
      },
      async handle({ query, exchange }) {
        const { principal } = await whose(exchange.credentials)
        const { before = null, limit } = query
        return await view.latest(principal.organisationId, { before, limit })
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/admin/log/entries/:id',
      documentedPath: '/v1/admin/log/entries/{id}',
      summary: 'One entry of the transparency log, with the proof that it is in it',
      needs: 'audit.read',
      answers: {
        200: {
          description: 'The entry, and a proof as c2sp.org/tlog-proof has it.',
          schema: placed.extend({ proof: z.string() }),
        },
        404: { description: 'The log has no such entry that one may see.', schema: errorBody },
        409: { description: 'The answer is not over.', schema: errorBody },
      },
      async handle({ names, exchange }) {
        const { principal } = await whose(exchange.credentials)
        return await view.entry((names['id'] ?? '') as EntryId, principal.organisationId)
      },
    }),
  ]
}
