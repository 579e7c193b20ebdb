import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fits, tokenGrammar } from '../../../test/support/grammar-walk.ts'
import { decimalOf } from './decimal.ts'
import type { Rule } from './grammar.ts'
import { multiplesOf } from './multiple-rules.ts'
import { integersBetween, numbersBetween } from './number-rules.ts'

const grammarOf = (root: Rule, rules: Record<string, Rule> = {}) => tokenGrammar({ root, rules })

const bound = fc.oneof(fc.bigInt(-200n, 200n), fc.bigInt(-(10n ** 16n), 10n ** 16n))

test('integers fit when, and only when, they lie between the bounds', () => {
  fc.assert(
    fc.property(
      fc.option(bound),
      fc.option(bound),
      fc.array(fc.bigInt(-1000n, 1000n), { minLength: 20 }),
      (least, most, offsets) => {
        const rule = integersBetween(least, most)
        const isIn = (value: bigint) => (least === null || value >= least) && (most === null || value <= most)
        const grammar = rule === null ? null : grammarOf(rule)
        const values = offsets.flatMap((offset) => [offset, (least ?? 0n) + offset, (most ?? 0n) + offset])
        // Without a bound, more digits than a double can tell apart are not written.
        const texts = values.map(String).filter((text) => text.replace('-', '').length <= 15)
        const fitting = texts.filter((text) => grammar !== null && fits(grammar, text))
        expect(fitting).toEqual(texts.filter((text) => isIn(BigInt(text))))
      },
    ),
  )
})

const cents = fc.integer({ min: -3000, max: 3000 }).map((value) => value / 100)
const tiny = fc.integer({ min: -30, max: 30 }).map((value) => value / 1000)

test('decimals fit when, and only when, they lie between the bounds', () => {
  const end = fc.option(fc.record({ value: fc.oneof(cents, tiny), exclusive: fc.boolean() }))
  fc.assert(
    fc.property(end, end, fc.array(fc.oneof(cents, tiny), { minLength: 30 }), (least, most, random) => {
      const rule = numbersBetween({ least, most })
      const isIn = (value: number) =>
        (least === null || (least.exclusive ? value > least.value : value >= least.value)) &&
        (most === null || (most.exclusive ? value < most.value : value <= most.value))
      const grammar = rule === null ? null : grammarOf(rule)
      const ends = [least?.value ?? 0, most?.value ?? 0].flatMap((edge) => [edge, edge + 0.001, edge - 0.001])
      const values = [...random, ...ends].map((value) => Math.round(value * 1e4) / 1e4)
      // Zero is written without a sign.
      const texts = values
        .flatMap((value) => [String(value), value.toFixed(6)])
        .filter((text) => !/^-0(\.0+)?$/.test(text))
      const fitting = texts.filter((text) => grammar !== null && fits(grammar, text))
      expect(fitting).toEqual(texts.filter((text) => isIn(Number(text))))
    }),
  )
})

test('a bound fits as it is written, where the other one goes on with its digits', () => {
  const between = numbersBetween({
    least: { value: 0.01, exclusive: false },
    most: { value: 0.011, exclusive: false },
  })!
  const texts = ['0.01', '0.010', '0.0105', '0.011', '0.0', '0.012']
  expect(texts.filter((text) => fits(grammarOf(between), text))).toEqual(texts.slice(0, 4))
})

test('multiples fit when, and only when, nothing is left', () => {
  fc.assert(
    fc.property(
      fc.bigInt(1n, 100n),
      fc.array(fc.bigInt(-100_000n, 100_000n), { minLength: 20 }),
      (divisor, values) => {
        const { root, rules } = multiplesOf(divisor, null, null, 'x')!
        const grammar = grammarOf(root, rules)
        for (const value of values.flatMap((one) => [one, one * divisor])) {
          expect([value, fits(grammar, value.toString())]).toEqual([value, value % divisor === 0n])
        }
      },
    ),
    { numRuns: 30 },
  )
})

test('digits are those of the shortest decimal', () => {
  expect(decimalOf(-1.25e-7)).toEqual({ negative: true, whole: '0', fraction: '000000125' })
  expect(decimalOf(1e21)).toEqual({ negative: false, whole: `1${'0'.repeat(21)}`, fraction: '' })
  expect(decimalOf(1.5e22)).toEqual({ negative: false, whole: `15${'0'.repeat(21)}`, fraction: '' })
  expect(decimalOf(0)).toEqual({ negative: false, whole: '0', fraction: '' })
})
