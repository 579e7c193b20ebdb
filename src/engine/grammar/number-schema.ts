/** Numbers of a schema, as rules. */
import { type Bound, inside } from './decimal.ts'
import type { Grammar } from './grammar.ts'
import { anyInteger, anyNumber } from './json-text.ts'
import { ceilingOf, multiplesOf } from './multiple-rules.ts'
import { type Bounds, digitBetween, integersBetween, numbersBetween } from './number-rules.ts'
import { literal, never, optional, repeat, sequence } from './rules.ts'
import type { Flat } from './schema-merging.ts'
import { UnsupportedSchema } from './unsupported-schema.ts'

/** @param prefix begins the names of all rules. @throws UnsupportedSchema */
export function numberRule(flat: Flat, isInteger: boolean, pointer: string, prefix: string): Grammar {
  const bounds = boundsOf(flat)
  const { multipleOf } = flat
  const only = (root: Grammar['root'] | null): Grammar => ({ root: root ?? never, rules: {} })
  if (multipleOf !== undefined && !Number.isInteger(multipleOf) && !isInteger) {
    const { least, most } = bounds
    const fromZero = least !== null && least.value === 0 && !least.exclusive
    if (most === null && (least === null || fromZero)) {
      const places = placesOf(multipleOf, pointer)
      const whole = fromZero ? integersBetween(0n, null)! : anyInteger
      return only(sequence(whole, optional(sequence(literal('.'), repeat(digitBetween(0, 9), 1, places)))))
    }
    throw unsupportedMultiple(pointer, 'beside bounds')
  }
  if (!isInteger && multipleOf === undefined) {
    if (bounds.least === null && bounds.most === null) return only(anyNumber)
    return only(numbersBetween(bounds))
  }
  const [least, most] = [lowest(bounds.least), highest(bounds.most)]
  if (multipleOf === undefined || multipleOf === 1) return only(integersBetween(least, most))
  if (!Number.isSafeInteger(multipleOf)) throw unsupportedMultiple(pointer, 'that is no whole number')
  const divisor = BigInt(multipleOf)
  if (least !== null && most !== null && ceilingOf(least, divisor) > most) return only(null)
  const multiples = multiplesOf(divisor, least, most, prefix)
  if (multiples === null) throw unsupportedMultiple(pointer, 'as large as this, or with bounds as far apart')
  return multiples
}

function unsupportedMultiple(pointer: string, what: string): UnsupportedSchema {
  return new UnsupportedSchema(pointer, `has a "multipleOf" ${what}, which is not supported`)
}

/** How many digits after the point a power of ten below 1 leaves. */
function placesOf(multiple: number, pointer: string): number {
  for (let places = 1; places <= 10; places++) if (multiple === Number(`1e-${places}`)) return places
  throw unsupportedMultiple(pointer, 'that is neither a whole number nor 0.1, 0.01 and so on')
}

function boundsOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Flat): Bounds {
  const bound = (value: number | undefined, exclusive: boolean): readonly Bound[] =>
    value === undefined ? [] : [{ value, exclusive }]
  const least = [...bound(minimum, false), ...bound(exclusiveMinimum, true)]
  const most = [...bound(maximum, false), ...bound(exclusiveMaximum, true)]
  // Of equal ones, the one that leaves its value out says more, and comes last.
  const stricter = (bounds: readonly Bound[], isStricter: (one: number, other: number) => boolean) =>
    bounds.reduce<Bound | null>(
      (best, next) => (best === null || isStricter(next.value, best.value) ? next : best),
      null,
    )
  return {
    least: stricter(least, (one, other) => one >= other),
    most: stricter(most, (one, other) => one <= other),
  }
}

function lowest(outer: Bound | null): bigint | null {
  if (outer === null) return null
  const bound = Math.abs(outer.value) >= 2 ** 53 ? inside(outer, 1) : outer
  const ceiling = BigInt(Math.ceil(bound.value))
  return bound.exclusive && Number.isInteger(bound.value) ? ceiling + 1n : ceiling
}

function highest(outer: Bound | null): bigint | null {
  if (outer === null) return null
  const bound = Math.abs(outer.value) >= 2 ** 53 ? inside(outer, -1) : outer
  const floor = BigInt(Math.floor(bound.value))
  return bound.exclusive && Number.isInteger(bound.value) ? floor - 1n : floor
}
