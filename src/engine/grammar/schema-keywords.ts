/** The keywords of JSON Schema (2020-12) that are understood, and the shape that each must have. */
import { z } from 'zod'
import type { Json, JsonObject } from '../../core/request.ts'
import { UnsupportedSchema } from './unsupported-schema.ts'

export const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const
export type Type = (typeof types)[number]
export type Schema = boolean | JsonObject

const json = z.custom<Json>((value) => value !== undefined)
const schema = z.custom<Schema>(
  (value) =>
    typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value)),
  'must be a schema: an object, true or false',
)
const count = z.int().min(0)
const type = z.enum(types)

/** Keywords that say what a value must be. */
const assertions = z
  .strictObject({
    type: z.union([type, z.array(type).min(1)], {
      error: `must be one of ${types.join(', ')}, or a list of these`,
    }),
    enum: z.array(json).min(1),
    const: json,
    properties: z.record(z.string(), schema),
    required: z.array(z.string()),
    additionalProperties: schema,
    minProperties: count,
    maxProperties: count,
    items: schema,
    prefixItems: z.array(schema),
    minItems: count,
    maxItems: count,
    uniqueItems: z.literal(false, 'can only be false: a grammar does not remember what came before'),
    minLength: count,
    maxLength: count,
    pattern: z.string(),
    format: z.string(),
    minimum: z.number(),
    maximum: z.number(),
    exclusiveMinimum: z.number(),
    exclusiveMaximum: z.number(),
    multipleOf: z.number().gt(0),
    $ref: z.string(),
    allOf: z.array(schema).min(1),
    anyOf: z.array(schema).min(1),
    oneOf: z.array(schema).min(1),
  })
  .partial()

export type Assertions = z.output<typeof assertions>

/** Keywords that only tell people or other programs something, or hold what `$ref` points at. */
const silent = new Set([
  'title',
  'description',
  'default',
  'examples',
  'example',
  '$comment',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$schema',
  '$id',
  '$defs',
  'definitions',
  'discriminator',
  'contentEncoding',
  'contentMediaType',
])

/**
 * What `schema` asserts.
 *
 * @param pointer where it stands.
 * @throws UnsupportedSchema naming the keyword that is not understood.
 */
export function assertionsOf(schema: JsonObject, pointer: string): Assertions {
  const told: Record<string, Json> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (silent.has(keyword) || keyword.startsWith('x-')) continue
    if (!Object.hasOwn(assertions.shape, keyword)) {
      throw new UnsupportedSchema(pointer, `uses "${keyword.slice(0, 100)}", which is not supported`)
    }
    told[keyword] = value
  }
  const parsed = assertions.safeParse(told)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.map((step) => String(step).slice(0, 100)).join('/') ?? ''
  throw new UnsupportedSchema(
    pointer,
    `has a "${where}" that is not supported: ${issue?.message ?? 'it cannot be read'}`,
  )
}
