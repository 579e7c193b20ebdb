/** Licences and terms, and what of them one has accepted. */
import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { call, callFor } from '../server/call.ts'

const documentSchema = z.object({
  document: z.string(),
  title: z.string(),
  link: z.nullable(z.string()),
  text: z.nullable(z.string()),
  version: z.string(),
  accepted_at: z.nullable(z.string()),
})

export type Paper = z.infer<typeof documentSchema>

export const acceptancesQuery = queryOptions({
  queryKey: ['acceptances'],
  queryFn: ({ signal }) =>
    callFor(z.object({ documents: z.array(documentSchema) }), '/v1/me/acceptances', { signal }),
})

export async function acceptPaper({ document, version }: Paper): Promise<void> {
  await call('/v1/me/acceptances', { method: 'POST', body: { document, version } })
}
