import { z } from 'zod'

/** The section `monitoring`: who may read the metrics. */
export const monitoring = z
  .strictObject({
    scrape_token_env: z
      .string()
      .default('')
      .describe(
        'Variable of the environment that holds the token with which `/metrics` may be read, such as METRICS_TOKEN; the token is good for nothing else.',
      ),
    scrape_loopback: z
      .boolean()
      .default(true)
      .describe(
        'Lets programs of this machine read `/metrics` without a token. What a proxy passed on is not of this machine.',
      ),
  })
  .prefault({})
