import { z } from 'zod'

const money = z.number().min(0).max(1_000_000)

/** What a million tokens of one model cost. Quotas and usage read the same table; `core/price.ts` reckons with it. */
const price = z.strictObject({
  model: z.string().min(1).max(200),
  input: money,
  cached: money.optional(),
  output: money,
})

/** The settings of what usage costs, and in what. */
export const priceShape = {
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be three capital letters, such as EUR')
    .default('EUR')
    .describe('Currency of all prices and budgets (ISO 4217).'),
  prices: z
    .array(price)
    .max(1000)
    .default([])
    .describe(
      'Prices per million tokens: `[[usage.prices]]` with model (`*` for all others), input, cached (of the prompt, what was in the cache; as input when left out) and output. A model without a price costs nothing.',
    ),
}
