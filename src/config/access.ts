/** What whoever asks must have said before they are answered. */
import { z } from 'zod'

export const access = z
  .strictObject({
    require_end_user: z
      .boolean()
      .default(false)
      .describe(
        'Keys are answered only where they name the end user that they ask for. Who signed in as themselves needs none.',
      ),
    require_end_user_of: z
      .array(z.string().min(1).max(200))
      .default([])
      .describe('The same for some organisations only, by name or id.'),
    terms: z
      .string()
      .default('')
      .describe('Text file with the terms of whoever runs this server; empty where there are none.'),
    licences: z
      .record(z.string().min(1).max(200), z.string().min(1))
      .default({})
      .describe(
        'Text files of licences by their short names, such as `"llama3.1" = "/etc/elpis/llama3.1.txt"`; each counts before what came with the weights.',
      ),
    require_acceptance: z
      .enum(['never', 'people', 'always'])
      .default('never')
      .describe(
        'Who is answered only after accepting the terms and the licence of the model, where it asks for more than a notice: `people`, or `always` keys of organisations as well.',
      ),
  })
  .prefault({})
