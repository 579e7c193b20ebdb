import { z } from 'zod'

const bytes = z.number().nullable().describe('Null where it cannot be known.')

/** How things stand at one moment, as `elpis top` and the console are told. */
export const moment = z.object({
  at: z.number().describe('Epoch milliseconds.'),
  running: z.int(),
  tokensPerSecond: z.number().describe('Over the last five whole seconds.'),
  requests: z.int().describe('Ended since the server started.'),
  failed: z.int(),
  guardHits: z.int().describe('Verdicts that were not `allow`.'),
  serverMemoryBytes: z.number(),
  models: z.array(
    z.object({
      model: z.string(),
      state: z.string(),
      active: z.int(),
      queued: z.int(),
      memoryBytes: bytes,
      cells: z
        .object({ running: z.int(), kept: z.int() })
        .nullable()
        .describe('Of the KV cache; null until the model has answered something.'),
    }),
  ),
  streams: z.array(
    z.object({
      id: z.string(),
      model: z.string(),
      account: z.string().describe('The id of the key, or `owner`.'),
      seconds: z.number(),
      tokens: z.int(),
    }),
  ),
})
