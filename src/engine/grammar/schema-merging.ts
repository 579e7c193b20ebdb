/** Two schemas that must both hold, as one. */
import type { Json, JsonObject } from '../../core/request.ts'
import type { Assertions, Schema, Type } from './schema-keywords.ts'
import { UnsupportedSchema } from './unsupported-schema.ts'

/** Assertions without `$ref`, `allOf`, `anyOf` and `oneOf`; `types` empty: nothing fits. */
export type Flat = Omit<Assertions, '$ref' | 'allOf' | 'anyOf' | 'oneOf' | 'const' | 'type'> & {
  readonly types?: readonly Type[]
}

/**
 * A schema's own assertions, without those that refer to other schemas: `const` becomes one value of `enum`, `type` a
 * list.
 */
export function flatOf({
  $ref: _ref,
  allOf: _all,
  anyOf: _any,
  oneOf: _one,
  const: value,
  type,
  ...rest
}: Assertions): Flat {
  const values = value === undefined ? rest.enum : intersection(rest.enum ?? [value], [value])
  const types = type === undefined ? undefined : typeof type === 'string' ? [type] : type
  return {
    ...rest,
    ...(values === undefined ? {} : { enum: values }),
    ...(types === undefined ? {} : { types }),
  }
}

const greater = ['minLength', 'minItems', 'minProperties', 'minimum', 'exclusiveMinimum'] as const
const smaller = ['maxLength', 'maxItems', 'maxProperties', 'maximum', 'exclusiveMaximum'] as const
const same = ['pattern', 'format', 'multipleOf'] as const

/** @throws UnsupportedSchema when no single schema says both. */
export function merge(one: Flat, other: Flat, pointer: string): Flat {
  const merged: { -readonly [Name in keyof Flat]: Flat[Name] } = { ...one, ...other }
  for (const keyword of greater) {
    const values = [one[keyword], other[keyword]].filter((value) => value !== undefined)
    if (values.length === 2) merged[keyword] = Math.max(...values)
  }
  for (const keyword of smaller) {
    const values = [one[keyword], other[keyword]].filter((value) => value !== undefined)
    if (values.length === 2) merged[keyword] = Math.min(...values)
  }
  for (const keyword of same) {
    if (one[keyword] !== undefined && other[keyword] !== undefined && one[keyword] !== other[keyword]) {
      throw new UnsupportedSchema(
        pointer,
        `must hold two different values of "${keyword}" at once, which is not supported`,
      )
    }
  }
  if (one.enum !== undefined && other.enum !== undefined) merged.enum = intersection(one.enum, other.enum)
  if (one.types !== undefined && other.types !== undefined) merged.types = commonTypes(one.types, other.types)
  if (one.required !== undefined || other.required !== undefined) {
    merged.required = [...new Set([...(one.required ?? []), ...(other.required ?? [])])]
  }
  if (one.items !== undefined && other.items !== undefined) merged.items = both(one.items, other.items)
  if (one.prefixItems !== undefined || other.prefixItems !== undefined) {
    if (one.prefixItems?.length !== other.prefixItems?.length && usesItems(one) && usesItems(other)) {
      throw new UnsupportedSchema(
        pointer,
        'must hold two different "prefixItems" at once, which is not supported',
      )
    }
    if (one.prefixItems !== undefined && other.prefixItems !== undefined) {
      merged.prefixItems = one.prefixItems.map((item, index) => both(item, other.prefixItems![index]!))
    }
  }
  return { ...merged, ...mergedProperties(one, other) }
}

const usesItems = ({ prefixItems, items }: Flat): boolean => prefixItems !== undefined || items !== undefined

/** Each side says something of every property: by its name, or by what it says of all others. */
function mergedProperties(one: Flat, other: Flat): Pick<Flat, 'properties' | 'additionalProperties'> {
  const rest = both(one.additionalProperties ?? true, other.additionalProperties ?? true)
  const closed = one.additionalProperties !== undefined || other.additionalProperties !== undefined
  if (one.properties === undefined && other.properties === undefined) {
    return closed ? { additionalProperties: rest } : {}
  }
  const names = new Set([...Object.keys(one.properties ?? {}), ...Object.keys(other.properties ?? {})])
  const properties = new Map<string, Schema>()
  for (const name of names) {
    const merged = both(propertyOf(one, name), propertyOf(other, name))
    properties.set(name, merged)
  }
  return { properties: Object.fromEntries(properties), ...(closed ? { additionalProperties: rest } : {}) }
}

function propertyOf({ properties, additionalProperties }: Flat, name: string): Schema {
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name]!
  return additionalProperties ?? true
}

function both(one: Schema, other: Schema): Schema {
  if (one === false || other === false) return false
  if (one === true) return other
  return other === true ? one : ({ allOf: [one, other] } satisfies JsonObject)
}

/** The types that both lists allow. An integer is a number, too. */
export function commonTypes(one: readonly Type[], other: readonly Type[]): readonly Type[] {
  const fits = (type: Type, among: readonly Type[]) =>
    among.includes(type) || (type === 'integer' && among.includes('number'))
  return [
    ...new Set([...one.filter((type) => fits(type, other)), ...other.filter((type) => fits(type, one))]),
  ]
}

/**
 * The values of `one` that are equal to a value of `other`, in the order of `one`; objects are equal in any order of
 * keys.
 */
export function intersection(one: readonly Json[], other: readonly Json[]): Json[] {
  const texts = new Set(other.map(canonical))
  return one.filter((value) => texts.has(canonical(value)))
}

/** The same text for equal values, whatever the order of their properties. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value as JsonObject).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${entries.map(([name, content]) => `${JSON.stringify(name)}:${canonical(content)}`).join(',')}}`
}
