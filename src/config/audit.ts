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
    witnesses: z
      .array(
        z
          .string()
          .regex(/^https?:\/\/\S+ [^\s+]+\+[0-9a-f]{8}\+[\w+/=]+$/u, 'is an address, a space and a key'),
      )
      .max(16)
      .default([])
      .describe(
        'Witnesses that sign each checkpoint, each as its address, a space and its key, as `elpis audit witness` prints it. Without one, the log says that it is unwitnessed.',
      ),
    content: z
      .enum(['none', 'flagged', 'all'])
      .default('none')
      .describe(
        'Whose prompts and answers are kept, encrypted with a key of that person: nobody’s, those that the guard flagged, or all.',
      ),
    content_days: z
      .int()
      .min(1)
      .max(3650)
      .default(30)
      .describe('Days that kept prompts and answers stay; then they are deleted.'),
  })
  .prefault({})
