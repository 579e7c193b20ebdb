/** Values that are listed, as rules. */
import type { Json } from '../../core/request.ts'
import type { Rule } from './grammar.ts'
import { choice, literal } from './rules.ts'
import type { Type } from './schema-keywords.ts'
import type { Flat } from './schema-merging.ts'
import { typeOf } from './schema-variants.ts'
import { UnsupportedSchema } from './unsupported-schema.ts'

/** Keywords that are not checked against listed values. */
const unchecked: Readonly<Partial<Record<Type, readonly (keyof Flat)[]>>> = {
  string: ['pattern', 'format'],
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
}

/** Those of the listed values that fit everything else that is said beside the list. */
export function enumRule(flat: Flat, pointer: string): Rule {
  const values = (flat.enum ?? []).filter((value) => fits(value, flat, pointer))
  return choice(
    ...new Set(values.map((value) => JSON.stringify(value))).values().map((text) => literal(text)),
  )
}

function fits(value: Json, flat: Flat, pointer: string): boolean {
  const type = typeOf(value)
  const { types } = flat
  if (types !== undefined && !types.includes(type) && !(type === 'integer' && types.includes('number')))
    return false
  const beside = unchecked[type]?.find((keyword) => flat[keyword] !== undefined)
  if (beside !== undefined) {
    throw new UnsupportedSchema(
      pointer,
      `has "enum" or "const" beside "${beside}", which is not supported; leave that out`,
    )
  }
  if (typeof value === 'string') return fitsLength(value, flat)
  return typeof value !== 'number' || fitsBounds(value, flat)
}

function fitsLength(value: string, { minLength = 0, maxLength = Infinity }: Flat): boolean {
  const { length } = Array.from(value)
  return length >= minLength && length <= maxLength
}

function fitsBounds(value: number, flat: Flat): boolean {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum, multipleOf } = flat
  return (
    value >= minimum &&
    value <= maximum &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
    (exclusiveMaximum === undefined || value < exclusiveMaximum) &&
    (multipleOf === undefined || Number.isInteger(value / multipleOf))
  )
}
