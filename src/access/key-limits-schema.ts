import { z } from 'zod'
import { plainNetwork } from '../core/network.ts'
import { allPermissions } from './permissions.ts'

const some = <Entry extends z.ZodType>(entry: Entry) =>
  z.array(entry).min(1).max(100).nullable().default(null)
const path = z.string().regex(/^\/[\w/:.-]*\*?$/, 'is a path such as /v1/chat/completions or /v1/files*')
const name = z.string().trim().min(1).max(200)
const network = z
  .string()
  .max(60)
  .refine((text) => plainNetwork(text) !== null, 'is no network such as 10.0.0.0/8')

/** What a key is narrowed to. Null in any field: no narrower than its role. */
export const keyLimits = z.strictObject({
  scopes: some(z.enum(allPermissions)).describe('What it is for, such as `answers`, `embeddings`, `models`.'),
  endpoints: some(path).describe('Paths of routes; a `*` at the end stands for any rest.'),
  models: some(name).describe('Models that it may ask; a `*` at the end stands for any rest.'),
  adapters: some(name).describe('Adapters that it may ask for; none are needed to ask the model itself.'),
  networks: some(network).describe('Networks (CIDR) that it may be used from.'),
  rate: z
    .strictObject({
      requests: z.int().min(1).max(1_000_000_000),
      period: z.enum(['minute', 'day', 'month']),
    })
    .nullable()
    .default(null)
    .describe('Most requests in a period.'),
})

export type KeyLimits = z.output<typeof keyLimits>
