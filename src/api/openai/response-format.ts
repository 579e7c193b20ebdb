/** `response_format` of the chat endpoint. */
import { z } from 'zod'
import type { JsonObject, OutputFormat } from '../../core/request.ts'
import { text } from './fields.ts'

export const responseFormat = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name: z
            .string()
            .regex(/^[\w-]{1,64}$/, 'must have 1 to 64 letters, digits, underscores or dashes only'),
          description: text.max(100_000).nullish(),
          schema: z
            .record(z.string(), z.json(), { error: 'must be a JSON Schema: an object' })
            .nullish()
            .describe('Left out: any JSON object.'),
          strict: z.boolean().nullish().describe('The answer is held to the schema in any case.'),
        }),
      }),
    ],
    { error: 'must be of type text, json_object or json_schema' },
  )
  .nullish()
  .describe('What the answer must be. It is held to it by grammar; see docs/structured-output.md.')

/** What the answer must be, for the engine. `json_schema` without a schema is any JSON object. */
export function formatOf(format: z.output<typeof responseFormat>): OutputFormat {
  switch (format?.type) {
    case undefined:
    case 'text':
      return { kind: 'text' }
    case 'json_object':
      return { kind: 'json-object' }
    case 'json_schema': {
      const { schema } = format.json_schema
      return schema == null ? { kind: 'json-object' } : { kind: 'json-schema', schema: schema as JsonObject }
    }
    default:
      return format satisfies never
  }
}
