import { z } from 'zod'

/** The section `egress`: the watch over bytes that leave, against weights being carried off. */
export const egress = z
  .strictObject({
    policy: z
      .enum(['off', 'alert', 'cut-key', 'cut-all'])
      .default('alert')
      .describe(
        'What happens when as many bytes left as `egress.fraction` of the smallest watched weights: `alert` tells, `cut-key` also bars the key until the window has moved on, `cut-all` everybody once all together were too many.',
      ),
    weights_from: z
      .int()
      .min(1)
      .default(1_000_000_000)
      .describe('Models whose weights have at least so many bytes are watched.'),
    fraction: z
      .number()
      .gt(0)
      .max(1)
      .default(0.1)
      .describe('Share of the size of the weights that may leave for one key within the window.'),
    fraction_all: z.number().gt(0).max(1000).default(1).describe('The same for all together.'),
    window_hours: z.int().min(1).max(8760).default(168).describe('Hours that are counted together.'),
  })
  .prefault({})
