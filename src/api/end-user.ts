import { z } from 'zod'
import type { Exchange } from './exchange.ts'

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
