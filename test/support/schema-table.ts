/** Schemas with each feature that can be held to, for tests that let something write what fits them. */
import type { JsonObject } from '../../src/core/request.ts'

const person = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 20 }, age: { type: 'integer', minimum: 0, maximum: 120 } },
  required: ['name', 'age'],
  additionalProperties: false,
}

export const schemaTable: readonly (readonly [feature: string, schema: JsonObject])[] = [
  ['a closed object', person],
  [
    'objects in arrays in objects',
    {
      type: 'object',
      properties: { people: { type: 'array', items: person, minItems: 1, maxItems: 2 } },
      required: ['people'],
      additionalProperties: false,
    },
  ],
  [
    'properties that may be left out',
    {
      type: 'object',
      properties: { a: { type: 'boolean' }, b: { type: 'null' }, c: { enum: ['x', 'y'] } },
      required: ['b'],
    },
  ],
  [
    'values under any name',
    {
      type: 'object',
      properties: { id: { type: 'integer' } },
      additionalProperties: { type: 'boolean' },
      minProperties: 1,
    },
  ],
  ['enum', { enum: ['red', 'green', 3, null, { a: [1] }] }],
  [
    'const',
    {
      type: 'object',
      properties: { kind: { const: 'fixed "text"' } },
      required: ['kind'],
      additionalProperties: false,
    },
  ],
  [
    'anyOf',
    {
      anyOf: [
        {
          type: 'object',
          properties: { kind: { const: 'a' }, text: { type: 'string', maxLength: 8 } },
          required: ['kind', 'text'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: { kind: { const: 'b' }, count: { type: 'integer' } },
          required: ['kind', 'count'],
          additionalProperties: false,
        },
      ],
    },
  ],
  ['oneOf of types', { oneOf: [{ type: 'string', maxLength: 5 }, { type: 'integer' }] }],
  [
    'oneOf with a discriminator',
    {
      oneOf: [
        { type: 'object', properties: { kind: { const: 'a' } }, required: ['kind'] },
        {
          type: 'object',
          properties: { kind: { const: 'b' }, more: { type: 'boolean' } },
          required: ['kind', 'more'],
        },
      ],
    },
  ],
  [
    'allOf of objects',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'integer', minimum: 0 } }, required: ['a'] },
        {
          type: 'object',
          properties: { a: { type: 'integer', maximum: 9 }, b: { type: 'boolean' } },
          required: ['b'],
        },
      ],
    },
  ],
  [
    '$defs and $ref',
    {
      type: 'object',
      properties: { from: { $ref: '#/$defs/place' }, to: { $ref: '#/$defs/place' } },
      required: ['from', 'to'],
      additionalProperties: false,
      $defs: { place: { enum: ['here', 'there'] } },
    },
  ],
  [
    'recursion through $defs',
    {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: {
            value: { type: 'boolean' },
            next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
          },
          required: ['value', 'next'],
          additionalProperties: false,
        },
      },
    },
  ],
  [
    'recursion to the root',
    {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#' }, maxItems: 2 } },
      required: ['children'],
      additionalProperties: false,
    },
  ],
  ['a list of types', { type: ['integer', 'null', 'boolean'] }],
  [
    'items with bounds',
    { type: 'array', items: { type: 'integer', minimum: -3, maximum: 12 }, minItems: 2, maxItems: 4 },
  ],
  [
    'prefixItems',
    {
      type: 'array',
      prefixItems: [{ type: 'boolean' }, { type: 'integer' }],
      items: { type: 'null' },
      minItems: 1,
      maxItems: 4,
    },
  ],
  ['a pattern', { type: 'string', pattern: '^[A-Z]{2}-\\d{3,5}(?: (?:old|new))?$' }],
  ['a pattern with a length', { type: 'string', pattern: '^[^"\\\\]+$', minLength: 2, maxLength: 6 }],
  ['lengths', { type: 'string', minLength: 3, maxLength: 7 }],
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'].map(
    (format) => [`format ${format}`, { type: 'string', format }] as const,
  ),
  ['bounds of integers', { type: 'integer', exclusiveMinimum: -20, maximum: 1305 }],
  ['the safe integers', { type: 'integer', minimum: -9_007_199_254_740_991, maximum: 9_007_199_254_740_991 }],
  ['bounds of numbers', { type: 'number', minimum: -1.5, exclusiveMaximum: 2.25 }],
  ['multipleOf', { type: 'integer', multipleOf: 7 }],
  ['multipleOf with bounds', { type: 'integer', multipleOf: 25, minimum: 0, maximum: 1000 }],
  ['multipleOf a cent', { type: 'number', multipleOf: 0.01, minimum: 0 }],
]
