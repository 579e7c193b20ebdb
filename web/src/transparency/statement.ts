import { queryOptions } from '@tanstack/react-query'
import type { Statement as StatementOnServer } from '../../../src/audit/transparency.ts'
import { z } from '../schema.ts'
import { callFor } from '../server/call.ts'

const count = z.number()

const statementSchema = z.object({
  origin: z.string(),
  at: z.number(),
  size: count,
  root: z.string(),
  witnesses: z.array(z.string()),
  policy: z.string(),
  retention: z.object({ keep: z.enum(['none', 'flagged', 'all']), days: count }),
  began: z.nullable(z.number()),
  policies: z.array(z.object({ name: z.string(), version: z.string(), since: z.number() })),
  requests: count,
  blocked: count,
  interrupted: count,
  content: z.object({ read: count, erased: count, exported: count }),
  standing: z.object({
    warned: count,
    restricted: count,
    suspended: count,
    banned: count,
    lifted: count,
  }),
  appeals: z.object({ opened: count, decided: count, overturned: count }),
  acts: z.record(z.string(), count),
})

/** What the server says of how it is run. */
export type Statement = StatementOnServer

export const statementQuery = queryOptions({
  queryKey: ['statement'],
  queryFn: ({ signal }): Promise<{ statement: Statement; note: string }> =>
    callFor(z.object({ statement: statementSchema, note: z.string() }), '/log/transparency', { signal }),
  refetchInterval: 60_000,
})
