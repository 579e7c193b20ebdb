import { z } from 'zod'

/** The section `telemetry`: OpenTelemetry, to a collector of one's own. Off unless an endpoint is set. */
export const telemetry = z
  .strictObject({
    endpoint: z
      .union([z.literal(''), z.url({ protocol: /^https?$/ })])
      .default('')
      .describe(
        'Address of a collector that takes OTLP over HTTP, such as http://localhost:4318; empty sends nothing to anybody.',
      ),
    headers_env: z
      .string()
      .default('')
      .describe('Variable of the environment that holds headers for it, as `name=value,name=value`.'),
    service: z.string().min(1).max(200).default('elpis').describe('Name of this service, `service.name`.'),
    seconds: z.number().min(1).max(3600).default(10).describe('Seconds between two sendings.'),
  })
  .prefault({})
