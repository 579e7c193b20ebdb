import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { UnboundableParameter } from './scalar.ts'
import { strictSqlite } from './strict-sqlite.ts'

function fresh() {
  const database = strictSqlite(new DatabaseSync(':memory:'))
  onTestFinished(() => database.close())
  return database
}

describe('parameters', () => {
  test.each([
    ['a boolean', true],
    ['a date', new Date(0)],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['undefined', undefined],
    ['an object', { a: 1 }],
    ['an array', [1]],
    ['a whole number that is not exact', 2 ** 53],
    ['an integer of more than 64 bits', 2n ** 63n],
    ['text with NUL', 'a\0b'],
    ['half a character', '\uDC00'],
  ])('%s is refused', (_name, value) => {
    expect(() => fresh().prepare('select ? as value').all([value])).toThrow(UnboundableParameter)
  })

  test('as many as the statement has, no fewer and no more', () => {
    const statement = fresh().prepare('select ? as a, ? as b')
    for (const parameters of [[], [1], [1, 2, 3]]) {
      expect(() => statement.all(parameters)).toThrow(UnboundableParameter)
    }
    expect(statement.all([1, 2])).toEqual([{ a: 1, b: 2 }])
  })

  test('a question mark within text, names or comments is none', () => {
    const statement = fresh().prepare(`select 'it''s ?' as "a""?", ? as [b?] -- ?\n/* ? */`)
    expect(statement.all([1])).toEqual([{ 'a"?': "it's ?", 'b?': 1 }])
  })

  test.each(['?1', ':name', '@name', '$name'])(
    '%s is refused: only plain ones are counted',
    (placeholder) => {
      expect(() => fresh().prepare(`select ${placeholder}`)).toThrow(UnboundableParameter)
    },
  )
})

describe('values', () => {
  test('come back as they were given', () => {
    const statement = fresh().prepare('select ? as value')
    const scalar = fc.oneof(
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
      fc.uint8Array(),
      fc.constant(null),
    )
    fc.assert(
      fc.property(scalar, (value) => {
        expect(statement.all([value])).toEqual([{ value }])
      }),
    )
  })

  test('whole numbers are integers for the database, too', () => {
    expect(fresh().prepare('select typeof(?) as a, typeof(?) as b').all([7, 7.5])).toEqual([
      { a: 'integer', b: 'real' },
    ])
  })

  test('an integer that is not exact as a number is an error, not another number', () => {
    expect(() => fresh().prepare('select 9007199254740993 as value').all([])).toThrow(RangeError)
  })

  test('two readers of one statement do not disturb each other', () => {
    const statement = fresh().prepare('select 1 as n union all select 2')
    const first = statement.iterate([])
    expect(first.next().value).toEqual({ n: 1 })
    expect([...statement.iterate([])]).toEqual([{ n: 1 }, { n: 2 }])
    expect(first.next().value).toEqual({ n: 2 })
  })
})
