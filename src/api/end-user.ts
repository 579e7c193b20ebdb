import { z } from 'zod'
import type { Exchange } from './exchange.ts'

/** A field of a body by which a client names one of its own users. */
export const endUserField = z
  .string()
  .max(1000)
  .nullish()
  .describe('For which of your users you ask. Kept as a keyed hash only; quotas and standing can be theirs.')

/** Where protocols let a client say for which of its own users it asks: OpenAI's two fields, and Anthropic's. */
const named = z.object({
  safety_identifier: z.string().min(1).nullish().catch(null),
  user: z.string().min(1).nullish().catch(null),
  metadata: z
    .object({ user_id: z.string().min(1).nullish().catch(null) })
    .nullish()
    .catch(null),
})

/** The exchange with the end user that the body names; it goes before the one of the header `X-Elpis-End-User`. */
export function withEndUser(exchange: Exchange, body: unknown): Exchange {
  const { success, data } = named.safeParse(body)
  const endUser = success ? (data.safety_identifier ?? data.user ?? data.metadata?.user_id ?? null) : null
  return endUser === null ? exchange : { ...exchange, credentials: { ...exchange.credentials, endUser } }
}
