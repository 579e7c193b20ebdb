import { z } from 'zod'

/** The section `incidents`: who is reminded of reports that are due. */
export const incidents = z
  .strictObject({
    webhook: z
      .union([z.literal(''), z.url({ protocol: /^https?$/ })])
      .default('')
      .describe('Address that gets a POST of JSON for every reminder of a report that is due; empty: none.'),
  })
  .prefault({})
