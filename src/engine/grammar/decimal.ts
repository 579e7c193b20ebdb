/** Numbers as digits, so that bounds can be compared digit by digit without rounding. */

import { mostDigits } from './json-text.ts'

export interface Bound {
  readonly value: number
  /** The value itself is out. */
  readonly exclusive: boolean
}

export interface Decimal {
  readonly negative: boolean
  /** No zeros in front, but `0` for nothing. */
  readonly whole: string
  /** No zeros at the end; empty for nothing. */
  readonly fraction: string
}

/** The shortest decimal number that reads as `value`. */
export function decimalOf(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toString().split('e')
  const [front = '0', back = ''] = mantissa.split('.')
  const shift = Number(exponent)
  const zeros = '0'.repeat(Math.abs(shift))
  const digits = shift < 0 ? zeros + front + back : front + back + zeros
  // Digits before the point, after so many were put in front and the point moved.
  const point = shift < 0 ? front.length : front.length + shift
  return {
    negative: value < 0,
    whole: digits.slice(0, point).replace(/^0+(?=\d)/, ''),
    fraction: digits.slice(point).replace(/0+$/, ''),
  }
}

/**
 * The bound itself, or the nearest one further in that has no more digits than doubles tell apart: else a text within
 * the bound could be read as a number at it.
 *
 * @param inwards 1 for a lower bound, -1 for an upper one.
 */
export function inside(bound: Bound, inwards: 1 | -1): Bound {
  const { value, exclusive } = bound
  if (exclusive && Math.abs(value) >= 2 ** 53) {
    return { value: value + inwards * Math.abs(value) * 2 ** -50, exclusive: false }
  }
  if (!isLong(value)) return bound
  const rounded = Number(value.toPrecision(mostDigits))
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - mostDigits + 1)
  const isInside = (rounded - value) * inwards > 0
  return {
    value: isInside ? rounded : Number((rounded + inwards * step).toPrecision(mostDigits)),
    exclusive: false,
  }
}

/** It has more digits than doubles surely tell apart. */
export function isLong(value: number): boolean {
  return Number(value.toPrecision(mostDigits)) !== value
}

/** Whether the number is zero, whatever its sign. */
export function isZero({ whole, fraction }: Decimal): boolean {
  return whole === '0' && fraction === ''
}
