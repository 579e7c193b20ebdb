/** Settings of the transparency log. */
import { z } from 'zod'

export const auditSection = z
  .strictObject({
    origin: z
      .string()
      .regex(/^[^\s+]{0,200}$/, 'has no spaces and no plus sign')
      .default('')
      .describe(
        'What the log calls itself: where it is served, without the scheme, such as `ai.example.org/log`. Empty makes up a name when the log is begun; it cannot be changed later.',
      ),
  })
  .prefault({})
