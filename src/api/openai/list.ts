/** Lists that come in pages, as OpenAI has them. */
import { z } from 'zod'

export const pageQuery = z.strictObject({
  after: z.string().max(200).optional().describe('Id of the last entry of the page before.'),
  limit: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a number')
    .default('20')
    .transform(Number)
    .pipe(z.int().min(1).max(100))
    .describe('Most entries of a page, up to 100.'),
  order: z.enum(['asc', 'desc']).default('desc').describe('By time.'),
})
export type ListQuery = z.output<typeof pageQuery>

/** The schema of one page of entries. */
export function listed<Entry extends z.ZodType>(entry: Entry) {
  return z.object({
    object: z.literal('list'),
    data: z.array(entry),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
}

/** A page of what was asked for with room for one more: whether that came tells whether there are more. */
export function listOf<Entry extends { readonly id: string }>(entries: readonly Entry[], limit: number) {
  const data = entries.slice(0, limit)
  return {
    object: 'list' as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: entries.length > limit,
  }
}
