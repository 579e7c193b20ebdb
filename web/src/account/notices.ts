/** Who read what one asked and was answered. */
import { queryOptions } from '@tanstack/react-query'
import { z } from '../schema.ts'
import { call, callFor } from '../server/call.ts'

const noticeSchema = z.object({
  id: z.string(),
  entry: z.string(),
  at: z.number(),
  by: z.string(),
  reason: z.string(),
  seen: z.nullable(z.number()),
})

export type Notice = z.infer<typeof noticeSchema>

const noticeList = z.object({ data: z.array(noticeSchema), unseen: z.number() })

/** The newest first. */
export const noticesQuery = queryOptions({
  queryKey: ['notices'],
  queryFn: ({ signal }) => callFor(noticeList, '/v1/notices', { signal }),
  refetchInterval: 60_000,
})

/** This one was seen, and all before it. */
export async function seeNotice(id: string): Promise<void> {
  await call('/v1/notices/seen', { method: 'POST', body: { id } })
}
