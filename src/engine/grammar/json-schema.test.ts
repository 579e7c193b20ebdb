import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fits, tokenGrammar, walk } from '../../../test/support/grammar-walk.ts'
import { processorTime } from '../../../test/support/processor-time.ts'
import type { JsonObject } from '../../core/request.ts'
import { anyObjectRules, schemaRules } from './json-schema.ts'
import { schemaTable } from '../../../test/support/schema-table.ts'
import { UnsupportedSchema } from './unsupported-schema.ts'

const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 9 })
addFormats.default(ajv)

/** Random texts of the schema's grammar that a validator does not accept. */
function wrongWalks(schema: JsonObject, random: () => number, walks: number): string[] {
  const grammar = tokenGrammar(schemaRules(schema, ''))
  const isValid = ajv.compile(schema)
  const texts = Array.from({ length: walks }, () => walk(grammar, random, 40).toString('utf8'))
  return texts.filter((text) => !isValid(JSON.parse(text)))
}

/** Two random bounds may leave nothing, and are then said to. */
function isPossible(schema: JsonObject): boolean {
  try {
    schemaRules(schema, '')
    return true
  } catch (error) {
    if (error instanceof UnsupportedSchema && /fits no (value|text)/.test(error.message)) return false
    throw error
  }
}

function generator(seed: number): () => number {
  let state = seed | 1
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9
    return (state >>> 0) / 2 ** 32
  }
}

describe('what comes out fits', () => {
  test.each(schemaTable)('%s', (_, schema) => {
    expect(wrongWalks(schema, generator(7), 40)).toEqual([])
  })

  test('random schemas', () => {
    const check = fc.property(schemas, fc.integer(), (schema, seed) => {
      fc.pre(isPossible(schema))
      expect(wrongWalks(schema, generator(seed), 3)).toEqual([])
    })
    expect(() => fc.assert(check, { numRuns: 200 })).not.toThrow()
  }, 60_000)

  test('any object', () => {
    const grammar = tokenGrammar(anyObjectRules(''))
    const random = generator(3)
    for (let times = 0; times < 40; times++) {
      expect(JSON.parse(walk(grammar, random, 60).toString('utf8'))).toBeTypeOf('object')
    }
  })
})

const name = fc.constantFrom('a', 'b', 'ab', 'é', 'with "quotes"', 'line\nbreak', '')
const few = fc.nat(4)
const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 5 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
)

const { schema: schemas } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<JsonObject>(
      { type: 'boolean' },
      { type: 'null' },
      { type: 'string' },
      { type: 'number' },
    ),
    fc
      .tuple(few, few)
      .map(([least, more]) => ({ type: 'string', minLength: least, maxLength: least + more })),
    fc
      .constantFrom('date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid')
      .map((format) => ({ type: 'string', format })),
    fc
      .tuple(fc.integer(), fc.nat(100_000))
      .map(([least, more]) => ({ type: 'integer', minimum: least, maximum: least + more })),
    fc
      .tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 1e-3, max: 1e3, noNaN: true }))
      .map(([least, more]) => ({ type: 'number', minimum: least, exclusiveMaximum: least + more })),
    fc.tuple(fc.integer({ min: 1, max: 60 }), fc.boolean()).map(([multipleOf, positive]) => ({
      type: 'integer',
      multipleOf,
      minimum: positive ? 0 : -1000,
      maximum: positive ? 5000 : 1000,
    })),
    fc.array(value, { minLength: 1, maxLength: 6 }).map((values) => ({ enum: values })),
    value.map((only) => ({ const: only })),
    fc
      .tuple(tie('schema'), few, few)
      .map(([items, least, more]) => ({ type: 'array', items, minItems: least, maxItems: least + more })),
    fc
      .tuple(fc.array(tie('schema'), { minLength: 1, maxLength: 3 }), tie('schema'))
      .map(([prefixItems, items]) => ({ type: 'array', prefixItems, items })),
    fc
      .tuple(
        fc.dictionary(name, tie('schema'), { maxKeys: 5 }),
        fc.boolean(),
        fc.oneof(fc.boolean(), tie('schema')),
        fc.nat(31),
      )
      .map(([properties, closed, additional, bits]): JsonObject => ({
        type: 'object',
        properties,
        required: Object.keys(properties).filter((_, index) => closed || ((bits >> index) & 1) === 1),
        additionalProperties: additional,
      })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  ),
}))

describe('texts', () => {
  test.each<[JsonObject, string[], string[]]>([
    [
      { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string' } }, required: ['a'] },
      ['{"a":1}', '{"a": 1, "b": "x"}', '{\n  "a": 1,\n  "b": ""\n}', '{ "a": 1 }'],
      [
        '{}',
        '{"b":"x"}',
        '{"a":1,"a":2}',
        '{"a":1,}',
        '{"a":1.5}',
        '{"a":01}',
        ' {"a":1}',
        '{"a":1,"c":1}',
        `{${'\n'.repeat(2)}"a":1}`,
      ],
    ],
    [
      { type: 'object', properties: { ab: { type: 'integer' } }, additionalProperties: { type: 'string' } },
      ['{"ab":1,"a":"x","abc":"y"}', '{"x\\n":""}', '{}'],
      ['{"ab":"x"}', '{"\\u0061b":"x"}', '{"a":1}'],
    ],
    [
      { type: 'string' },
      ['"é😀\\u00e9\\ud83d\\ude00"', '"\\/"', '""'],
      ['"\n"', '"\\x"', '"\\ud83d"', '"a', '"\\ud83d\\u0041"'],
    ],
    [{ type: 'string', pattern: 'b+' }, ['"abba"', '"b"'], ['"a"', '""']],
    [{ type: 'string', pattern: '^a|b$' }, ['"axx"', '"xxb"'], ['"xax"']],
    [{ type: 'array', prefixItems: [{ type: 'integer' }] }, ['[]', '[1]'], ['[1,2]', '["x"]']],
    [
      { type: 'number', minimum: 0, maximum: 1 },
      ['0', '1', '0.5', '1.0', '0.000'],
      ['-0', '1.1', '2', '-1', '1e-1', '.5'],
    ],
    [{ enum: [1, '1', { a: [true] }] }, ['1', '"1"', '{"a":[true]}'], ['{"a": [true]}', 'true']],
    [{ enum: [1, 'a', null], type: ['string', 'null'] }, ['"a"', 'null'], ['1']],
    [{}, ['[{"a":[]}]', '-0.5e+10', 'null'], ['', '[,]', '{a:1}', '1.', '+1', 'nul']],
  ])('of %j', (schema, right, wrong) => {
    const grammar = tokenGrammar(schemaRules(schema, ''))
    expect([...right, ...wrong].filter((text) => fits(grammar, text))).toEqual(right)
  })
})

describe('what cannot be held to is refused by name', () => {
  test.each<[JsonObject, RegExp]>([
    [{ type: 'array', uniqueItems: true }, /uniqueItems/],
    [{ type: 'object', patternProperties: {} }, /"patternProperties", which is not supported/],
    [{ type: 'object', properties: { a: { not: {} } } }, /"\/properties\/a" uses "not"/],
    [{ if: {} }, /"if"/],
    [{ type: 'array', contains: {} }, /"contains"/],
    [{ type: 'text' }, /"type"/],
    [{ type: 'string', format: 'iri' }, /"iri".*date-time/],
    [{ type: 'string', pattern: '(?=a)' }, /looks ahead/],
    [{ type: 'string', pattern: '(a)\\1' }, /refers back/],
    [{ type: 'string', pattern: '\\bword' }, /border of a word/],
    [{ type: 'string', pattern: '^[a-z]{2}-.*$', maxLength: 5 }, /"minLength" and "maxLength"/],
    [{ type: 'string', pattern: '((a{1,50}){1,50}){1,50}' }, /counted repetitions/],
    [{ type: 'string', pattern: 'a', format: 'date' }, /"pattern" beside "format"/],
    [{ type: 'integer', multipleOf: 317 }, /"multipleOf"/],
    [{ type: 'number', multipleOf: 0.3 }, /"multipleOf"/],
    [{ type: 'object', properties: {}, minProperties: 3 }, /"minProperties"/],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, /"oneOf"/],
    [{ $ref: 'https://example.com/schema' }, /only places in the same schema/],
    [{ $ref: '#/$defs/none' }, /where no schema stands/],
    [{ $ref: '#' }, /always contains itself/],
    [{ anyOf: [{ $ref: '#' }, { type: 'null' }] }, /refers to itself/],
    [{ allOf: [{ $ref: '#' }] }, /refers to itself/],
    [{ type: 'object', properties: { me: { $ref: '#' } }, required: ['me'] }, /always contains itself/],
    [{ type: 'integer', minimum: 5, maximum: 4 }, /fits no value/],
    [{ allOf: [{ type: 'string' }, { type: 'null' }] }, /fits no value/],
    [{ allOf: [{ pattern: 'a' }, { pattern: 'b' }] }, /two different values of "pattern"/],
    [{ enum: [] }, /"enum"/],
    [{ properties: { a: 3 } } as unknown as JsonObject, /must be a schema/],
  ])('%j', (schema, words) => {
    expect(() => schemaRules(schema, '')).toThrow(UnsupportedSchema)
    expect(() => schemaRules(schema, '')).toThrow(words)
  })

  test('sizes are bounded', () => {
    const nested = (depth: number): JsonObject =>
      depth === 0 ? {} : { type: 'array', items: nested(depth - 1) }
    expect(() => schemaRules(nested(100), '')).toThrow(/nested deeper/)
    const wide = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, {}]))
    expect(() => schemaRules({ properties: wide(5001), required: Object.keys(wide(5001)) }, '')).toThrow(
      /5000/,
    )
    expect(() => schemaRules({ properties: wide(501) }, '')).toThrow(/left out/)
    expect(() => schemaRules({ enum: Array.from({ length: 5001 }, (_, index) => index) }, '')).toThrow(/5000/)
    const both = { anyOf: Array.from({ length: 20 }, (_, index) => ({ const: index })) }
    expect(() => schemaRules({ allOf: [both, both, both] }, '')).toThrow(/alternatives/)
  })

  const fanned = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [
      `d${index}`,
      { allOf: Array.from({ length: 50 }, () => ({ $ref: `#/$defs/d${index + 1}` })) },
    ]),
  )
  const object = (kind: number) => ({
    type: 'object',
    properties: { kind: { const: kind } },
    required: ['kind'],
  })
  const letters = Array.from({ length: 200 }, (_, index) => 'abcdefghij'.slice(index % 10).repeat(30) + index)
  test.each<[string, JsonObject]>([
    ['references that fan out', { $ref: '#/$defs/d0', $defs: { ...fanned, d10: {} } }],
    ['branches to be compared', { oneOf: Array.from({ length: 100 }, (_, index) => object(index)) }],
    [
      'choices that multiply',
      { allOf: Array.from({ length: 50 }, () => ({ anyOf: [{ minLength: 1 }, { maxLength: 9 }] })) },
    ],
    [
      'long names beside others',
      { properties: Object.fromEntries(letters.map((name) => [name, {}])), additionalProperties: true },
    ],
    ['patterns in patterns', { type: 'string', pattern: `^${'(?:(?:a|b)+|c{1,9})'.repeat(500)}$` }],
    [
      'numbers with many digits',
      {
        type: 'array',
        prefixItems: Array.from({ length: 300 }, (_, index) => ({
          type: 'number',
          minimum: -1e300 - index * 1e290,
          maximum: 1.5e-300 * (index + 1),
        })),
      },
    ],
  ])('%s take little time', (_, schema) => {
    const taken = processorTime(() => {
      try {
        tokenGrammar(schemaRules(schema, '')).start()
      } catch (error) {
        if (!(error instanceof UnsupportedSchema)) throw error
      }
    })
    expect(taken).toBeLessThan(2000)
  })
})
