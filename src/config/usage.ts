import { z } from 'zod'
import { priceShape } from './prices.ts'

/** The section `usage`: what is counted of every request, at what price, and for how long. */
export const usage = z
  .strictObject({
    ...priceShape,
    watts: z
      .number()
      .min(0)
      .max(1_000_000)
      .default(0)
      .describe(
        'Power that this machine takes while it computes, in watts, as measured at the socket; 0 leaves energy out.',
      ),
    end_users: z
      .int()
      .min(0)
      .max(10_000_000)
      .default(10_000)
      .describe('End users that are told apart per organisation and day; those beyond count without a name.'),
    minutes_days: z
      .int()
      .min(1)
      .max(3650)
      .default(2)
      .describe('Days for which usage is kept by the minute; by the hour after that.'),
    hours_days: z
      .int()
      .min(1)
      .max(3650)
      .default(31)
      .describe('Days for which usage is kept by the hour; by the day after that.'),
    days_days: z
      .int()
      .min(1)
      .max(36_500)
      .default(400)
      .describe('Days for which usage is kept by the day; by the month after that, for good.'),
  })
  .prefault({})
