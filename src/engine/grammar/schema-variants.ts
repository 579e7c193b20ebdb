/** Takes `$ref`, `allOf`, `anyOf` and `oneOf` apart: what is left are alternatives that stand for themselves. */
import type { JsonObject } from '../../core/request.ts'
import { assertionsOf, type Schema, type Type } from './schema-keywords.ts'
import { commonTypes, type Flat, flatOf, intersection, merge } from './schema-merging.ts'
import { UnsupportedSchema } from './unsupported-schema.ts'

/** Alternatives of one schema; several choices that must all hold multiply. */
const mostVariants = 200
/** `$ref`, `allOf` and their like in each other, at one place. */
const mostSteps = 40
const longestPointer = 2000
/** Schemas that are looked into in all, those that are referred to again each time. */
const mostLooks = 10_000
/** Branches of one `oneOf`, and parts of one `allOf`: each is compared or merged with all others. */
const mostTogether = 100

/** Works on one schema (`root`, which `$ref` refers to), with bounds on how much is looked at in all. */
export class SchemaVariants {
  readonly #root: JsonObject
  readonly #properties = new Map<Flat, Map<string, Flat>>()
  #looks = 0

  constructor(root: JsonObject) {
    this.#root = root
  }

  /** Alternatives of which one must hold; none: nothing fits. @throws UnsupportedSchema */
  of(schema: Schema, pointer: string, steps = 0): readonly Flat[] {
    if (steps > mostSteps)
      throw new UnsupportedSchema(pointer, 'refers to itself, or to too much, without anything in between')
    if (++this.#looks > mostLooks)
      throw new UnsupportedSchema('', `refers to more than ${mostLooks} schemas in all`)
    if (schema === true) return [{}]
    if (schema === false) return []
    const assertions = assertionsOf(schema, pointer)
    if ((assertions.allOf?.length ?? 0) > mostTogether || (assertions.oneOf?.length ?? 0) > mostTogether) {
      throw new UnsupportedSchema(pointer, `has more than ${mostTogether} parts in "allOf" or "oneOf"`)
    }
    let variants: readonly Flat[] = [flatOf(assertions)]
    const add = (others: readonly Flat[]) => {
      if (variants.length * others.length > mostVariants) {
        throw new UnsupportedSchema(pointer, `comes to more than ${mostVariants} alternatives`)
      }
      variants = variants.flatMap((one) => others.map((other) => merge(one, other, pointer)))
    }
    if (assertions.$ref !== undefined) {
      const target = this.target(assertions.$ref, pointer)
      add(this.of(target.schema, target.pointer, steps + 1))
    }
    for (const [index, part] of (assertions.allOf ?? []).entries()) {
      add(this.of(part, childPointer(pointer, 'allOf', index), steps + 1))
    }
    if (assertions.anyOf !== undefined) add(this.#each(assertions.anyOf, 'anyOf', pointer, steps).flat())
    if (assertions.oneOf !== undefined) add(this.#oneOf(assertions.oneOf, pointer, steps))
    return variants
  }

  /** What a `$ref` points at. @throws UnsupportedSchema */
  target(reference: string, pointer: string): { readonly schema: Schema; readonly pointer: string } {
    const isLocal = reference === '#' || reference.startsWith('#/')
    if (!isLocal || reference.length > longestPointer) {
      throw new UnsupportedSchema(
        pointer,
        `refers to "${reference.slice(0, 100)}"; only places in the same schema ("#", "#/$defs/…") are supported`,
      )
    }
    let place: unknown = this.#root
    for (const step of reference.split('/').slice(1)) {
      const name = stepOf(step)
      place =
        typeof place === 'object' && place !== null && Object.hasOwn(place, name)
          ? (place as Record<string, unknown>)[name]
          : undefined
    }
    if (typeof place !== 'boolean' && (typeof place !== 'object' || place === null || Array.isArray(place))) {
      throw new UnsupportedSchema(pointer, `refers to "${reference.slice(0, 100)}", where no schema stands`)
    }
    return { schema: place as Schema, pointer: reference.slice(1) }
  }

  #each(branches: readonly Schema[], keyword: string, pointer: string, steps: number): (readonly Flat[])[] {
    return branches.map((branch, index) => this.of(branch, childPointer(pointer, keyword, index), steps + 1))
  }

  /** Exactly one must hold: that is so when no two can hold at once. */
  #oneOf(branches: readonly Schema[], pointer: string, steps: number): readonly Flat[] {
    const each = this.#each(branches, 'oneOf', pointer, steps)
    for (const [index, variants] of each.entries()) {
      for (const others of each.slice(index + 1)) {
        for (const one of variants) {
          for (const other of others) {
            if (this.#areApart(one, other, steps)) continue
            throw new UnsupportedSchema(
              pointer,
              'uses "oneOf" with branches that one value could fit at once, which is not supported; use "anyOf", or give each branch another type or another "const" of a required property',
            )
          }
        }
      }
    }
    return each.flat()
  }

  #areApart(one: Flat, other: Flat, steps: number): boolean {
    if (areDifferent(one, other)) return true
    const [oneTypes, otherTypes] = [typesOf(one), typesOf(other)]
    if (oneTypes === null || otherTypes === null) return false
    const common = commonTypes(oneTypes, otherTypes)
    if (common.some((type) => type !== 'object')) return false
    const both = (one.required ?? []).filter((name) => other.required?.includes(name) === true)
    return (
      common.length === 0 ||
      both.some((name) => areDifferent(this.#property(one, name, steps), this.#property(other, name, steps)))
    )
  }

  #property(flat: Flat, name: string, steps: number): Flat {
    let known = this.#properties.get(flat)
    if (known === undefined) this.#properties.set(flat, (known = new Map()))
    let property = known.get(name)
    if (property === undefined) {
      const { properties } = flat
      const schema = properties !== undefined && Object.hasOwn(properties, name) ? properties[name]! : true
      const [only, ...more] = this.of(schema, '', steps + 1)
      known.set(name, (property = only !== undefined && more.length === 0 ? only : {}))
    }
    return property
  }
}

function typesOf({ types, enum: values }: Flat): readonly Type[] | null {
  if (types !== undefined) return types
  return values === undefined ? null : [...new Set(values.map(typeOf))]
}

/** The JSON Schema type of a value; a number without a fraction is an `integer`. */
export function typeOf(value: unknown): Type {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value as 'string' | 'boolean' | 'object'
}

/** Both are lists of values without a common one. */
function areDifferent(one: Flat, other: Flat): boolean {
  return one.enum !== undefined && other.enum !== undefined && intersection(one.enum, other.enum).length === 0
}

function stepOf(step: string): string {
  let name = step
  try {
    name = decodeURIComponent(step)
  } catch {
    // A "%" that stands for itself.
  }
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** The JSON Pointer (RFC 6901) of a place below `pointer`, its steps escaped. */
export function childPointer(pointer: string, ...steps: readonly (string | number)[]): string {
  return `${pointer}/${steps.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`
}
