import { z } from 'zod'

/** The section `insight`: what many people ask alike, without reading anybody. */
export const insight = z
  .strictObject({
    days: z
      .int()
      .min(0)
      .max(365)
      .default(30)
      .describe(
        'Days for which fingerprints of questions are kept, without text and without names; 0 keeps none.',
      ),
    least_people: z.int().min(2).max(100_000).default(5).describe('Nothing is told that fewer people share.'),
  })
  .prefault({})
