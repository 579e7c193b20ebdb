import { z } from 'zod'

const count = z.int().min(0)

/** Most numbers in one array: more than the vectors of one step, or the tokens of the largest body, could be. */
const longestArray = 2 ** 24

const vectors = z.object({
  type: z.literal('vectors'),
  job: count,
  width: z
    .int()
    .min(1)
    .max(2 ** 20),
  values: z.instanceof(Float32Array).refine((values) => values.length <= longestArray),
})

/** Checks what `BriefReport` says; see `report-schema.ts` for why. */
export const briefReport = z.object({
  type: z.literal('brief'),
  events: z
    .array(
      z.discriminatedUnion('type', [
        vectors,
        z.object({
          type: z.literal('tokens'),
          job: count,
          tokens: z.instanceof(Int32Array).refine((tokens) => tokens.length <= longestArray),
        }),
        z.object({ type: z.literal('ended'), job: count, promptTokens: count }),
        z.object({
          type: z.literal('too-long'),
          job: count,
          input: count,
          tokens: count,
          contextTokens: count,
        }),
        z.object({
          type: z.literal('failed'),
          job: count,
          reason: z.string().transform((text) => text.slice(0, 500)),
        }),
      ]),
    )
    .max(100_000),
})
