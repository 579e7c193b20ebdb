/** What may be a parameter of a query and what comes back, the same for every database. */

/** Thrown for a value or a number of values that the database would have taken for something else. */
export class UnboundableParameter extends TypeError {}

/** What both databases keep as it is. */
export type Scalar = null | number | bigint | string | Uint8Array

/**
 * `value`, when it is kept as it is.
 *
 * @throws UnboundableParameter
 */
export function scalar(value: unknown): Scalar {
  if (value === null || value instanceof Uint8Array) return value
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : refuse(`${value}`)
  if (typeof value === 'string') {
    // Both would come back changed, or not at all from other databases.
    return value.isWellFormed() && !value.includes('\0') ? value : refuse('text with NUL or half a character')
  }
  if (typeof value !== 'number')
    return refuse(value instanceof Date ? 'a date' : `a value of type ${typeof value}`)
  if (!Number.isFinite(value)) return refuse(`${value}`)
  return !Number.isInteger(value) || Number.isSafeInteger(value) ? value : refuse(`${value}`)
}

/** Integers are numbers everywhere outside the database, and exact. */
export function exactNumber(what: string, value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${what} holds ${value}, beyond exact numbers`)
  return number
}

function refuse(what: string): never {
  throw new UnboundableParameter(`cannot be a parameter: ${what}`)
}
