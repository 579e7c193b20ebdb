/** JSON Schema as a grammar of JSON texts that fit it: every text of the grammar fits, though not every fitting text is in it. */
import type { JsonObject } from '../../core/request.ts'
import { arrayRule } from './array-rules.ts'
import { checkGrammar } from './check-grammar.ts'
import { enumRule } from './enum-rule.ts'
import type { Grammar, Rule } from './grammar.ts'
import { anyValueRules } from './json-text.ts'
import { numberRule } from './number-schema.ts'
import { objectRule, type Property } from './object-rules.ts'
import { choice, isNever, literal, never, reference } from './rules.ts'
import { assertionsOf, type Schema, type Type } from './schema-keywords.ts'
import type { Flat } from './schema-merging.ts'
import { childPointer, SchemaVariants } from './schema-variants.ts'
import { stringRule } from './string-schema.ts'
import { UnsupportedSchema } from './unsupported-schema.ts'

export { UnsupportedSchema }

/** Nesting of schemas that are written out; what goes through `$ref` alone may be nested without end. */
const mostNesting = 64
const mostSchemas = 10_000
const mostProperties = 5000
/** Of what may come at one place. */
const mostAlternatives = 500
const mostEnumValues = 5000
/** Letters of property names and of values that are written out. */
const mostLetters = 250_000

/**
 * Rules for the JSON texts that fit `schema`, to be put into a larger grammar.
 *
 * @param prefix begins the names of all `rules`, so that several schemas can stand in one grammar.
 * @throws UnsupportedSchema
 */
export function schemaRules(schema: JsonObject, prefix: string): Grammar {
  const compiler = new Compiler(schema, prefix)
  const root = compiler.reference('#', '')
  if (isNever(root)) throw new UnsupportedSchema('', 'fits no value at all')
  const grammar = { root, rules: compiler.rules }
  const problem = checkGrammar(grammar)
  if (problem !== null) throw new UnsupportedSchema('', problem)
  return grammar
}

/** Rules for any JSON object, named with `prefix`. */
export function anyObjectRules(prefix: string): Grammar {
  const { object, rules } = anyValueRules(prefix)
  return { root: object, rules }
}

class Compiler {
  readonly rules: Record<string, Rule> = {}
  readonly #variants: SchemaVariants
  readonly #prefix: string
  /** Rules of what `$ref` points at. */
  readonly #named = new Map<string, string>()
  /** Rules of strings and numbers, by what is said of them. */
  readonly #shared = new Map<string, Rule>()
  #any: ReturnType<typeof anyValueRules> | null = null
  #names = 0
  #schemas = 0
  #properties = 0
  #values = 0
  #letters = 0

  constructor(schema: JsonObject, prefix: string) {
    this.#prefix = prefix
    this.#variants = new SchemaVariants(schema)
  }

  /** The rule of what a `$ref` points at. */
  reference(target: string, pointer: string): Rule {
    const { schema, pointer: at } = this.#variants.target(target, pointer)
    const known = this.#named.get(at)
    if (known !== undefined) return reference(known)
    const name = this.#newName()
    this.#named.set(at, name)
    // Written before its content is known, for that may refer back to it.
    this.rules[name] = this.#rule(schema, at, 0)
    return isNever(this.rules[name]) ? never : reference(name)
  }

  #rule(schema: Schema, pointer: string, depth: number): Rule {
    if (depth > mostNesting) throw new UnsupportedSchema(pointer, `is nested deeper than ${mostNesting}`)
    if (++this.#schemas > mostSchemas) throw new UnsupportedSchema('', `has more than ${mostSchemas} parts`)
    if (schema === false) return never
    if (schema === true) return this.#anything().value
    const assertions = assertionsOf(schema, pointer)
    const keywords = Object.keys(assertions)
    if (keywords.length === 1) {
      if (assertions.$ref !== undefined) return this.reference(assertions.$ref, pointer)
      if (assertions.anyOf !== undefined) return this.#anyOf(assertions.anyOf, pointer, depth)
    }
    const rules = this.#variants.of(schema, pointer).map((flat) => this.#flat(flat, pointer, depth))
    return unionOf(rules)
  }

  #anyOf(branches: readonly Schema[], pointer: string, depth: number): Rule {
    if (branches.length > mostAlternatives) {
      throw new UnsupportedSchema(pointer, `has more than ${mostAlternatives} branches in "anyOf"`)
    }
    return unionOf(
      branches.map((branch, index) => this.#rule(branch, childPointer(pointer, 'anyOf', index), depth + 1)),
    )
  }

  #flat(flat: Flat, pointer: string, depth: number): Rule {
    if (flat.enum !== undefined) {
      this.#values += flat.enum.length
      if (this.#values > mostEnumValues)
        throw new UnsupportedSchema(pointer, `brings the values of "enum" above ${mostEnumValues} in all`)
      this.#letters += flat.enum.reduce<number>((sum, value) => sum + JSON.stringify(value).length, 0)
      this.#checkLetters(pointer)
      return enumRule(flat, pointer)
    }
    const types = flat.types ?? impliedTypes(flat)
    if (types === null) return this.#anything().value
    // Whole numbers are numbers.
    const needed = types.filter((type) => type !== 'integer' || !types.includes('number'))
    return unionOf(needed.map((type) => this.#typed(type, flat, pointer, depth)))
  }

  #typed(type: Type, flat: Flat, pointer: string, depth: number): Rule {
    switch (type) {
      case 'object':
        return this.#object(flat, pointer, depth)
      case 'array':
        return this.#array(flat, pointer, depth)
      case 'string': {
        const { minLength, maxLength, pattern, format } = flat
        return this.#once(['string', minLength, maxLength, pattern, format], () => stringRule(flat, pointer))
      }
      case 'number':
      case 'integer':
        return this.#number(type, flat, pointer)
      case 'boolean':
        return choice(literal('true'), literal('false'))
      case 'null':
        return literal('null')
      default:
        return type satisfies never
    }
  }

  #number(type: 'number' | 'integer', flat: Flat, pointer: string): Rule {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = flat
    return this.#once([type, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf], () => {
      const { root, rules } = numberRule(flat, type === 'integer', pointer, `${this.#newName()}-`)
      Object.assign(this.rules, rules)
      return root
    })
  }

  #object(flat: Flat, pointer: string, depth: number): Rule {
    const { properties = {}, required = [], additionalProperties } = flat
    const declared = new Map(Object.entries(properties))
    const open = additionalProperties ?? (declared.size === 0 || undefined)
    for (const name of required) {
      if (!declared.has(name)) declared.set(name, additionalProperties ?? true)
    }
    this.#properties += declared.size
    if (this.#properties > mostProperties)
      throw new UnsupportedSchema(pointer, `brings the properties above ${mostProperties} in all`)
    checkPropertyCounts(flat, declared.size, open !== undefined && open !== false, pointer)
    const needed = new Set(required)
    if (declared.size - needed.size > mostAlternatives) {
      throw new UnsupportedSchema(
        pointer,
        `has more than ${mostAlternatives} properties that may be left out`,
      )
    }
    const entries = [...declared].map(([name, schema]): Property => {
      this.#letters += name.length
      const value = this.#rule(schema, childPointer(pointer, 'properties', name), depth + 1)
      return { name, value, required: needed.has(name) }
    })
    this.#checkLetters(pointer)
    if (open === true && entries.length === 0) {
      const { object } = this.#anything()
      if ((flat.minProperties ?? 0) === 0) return object
    }
    const others =
      open === undefined || open === false
        ? null
        : this.#rule(open, childPointer(pointer, 'additionalProperties'), depth + 1)
    if (others !== null && entries.some(({ name }) => name.length > 500)) {
      throw new UnsupportedSchema(
        pointer,
        'has a property with a name longer than 500 beside others that are not named, which is not supported',
      )
    }
    const mayBeEmpty = (flat.minProperties ?? 0) === 0
    return objectRule({ properties: entries, others, mayBeEmpty }, (rule) => this.#keep(rule))
  }

  #array(flat: Flat, pointer: string, depth: number): Rule {
    const { prefixItems = [], minItems = 0, maxItems = null } = flat
    if (maxItems !== null && maxItems < minItems) return never
    if (prefixItems.length > mostAlternatives) {
      throw new UnsupportedSchema(pointer, `has more than ${mostAlternatives} "prefixItems"`)
    }
    const prefix = prefixItems
      .slice(0, maxItems ?? Infinity)
      .map((item, index) => this.#rule(item, childPointer(pointer, 'prefixItems', index), depth + 1))
    // What comes after declared items is left out where it may be.
    const items = flat.items ?? (prefix.length === 0 || minItems > prefix.length)
    const item =
      items === false || maxItems === prefix.length
        ? never
        : this.#rule(items, childPointer(pointer, 'items'), depth + 1)
    const most = maxItems === null ? null : maxItems - prefix.length
    const rule = arrayRule(prefix, item, { least: minItems, most })
    return rule
  }

  #anything(): ReturnType<typeof anyValueRules> {
    if (this.#any === null) {
      this.#any = anyValueRules(this.#prefix)
      Object.assign(this.rules, this.#any.rules)
    }
    return this.#any
  }

  /** One rule for all places that say the same. */
  #once(saying: readonly unknown[], make: () => Rule): Rule {
    const key = JSON.stringify(saying)
    let rule = this.#shared.get(key)
    if (rule === undefined) {
      const made = make()
      this.#shared.set(key, (rule = isNever(made) ? never : this.#keep(made)))
    }
    return rule
  }

  #keep(rule: Rule): Rule {
    const name = this.#newName()
    this.rules[name] = rule
    return reference(name)
  }

  #newName(): string {
    return `${this.#prefix}${this.#names++}`
  }

  #checkLetters(pointer: string): void {
    if (this.#letters > mostLetters) {
      throw new UnsupportedSchema(
        pointer,
        `brings the letters of names and values above ${mostLetters} in all`,
      )
    }
  }
}

function unionOf(rules: readonly Rule[]): Rule {
  return choice(...rules.filter((rule) => !isNever(rule)))
}

/** The types that the keywords are about; null when they are about none. */
function impliedTypes(flat: Flat): readonly Type[] | null {
  const about: readonly (readonly [Type, readonly (keyof Flat)[]])[] = [
    ['object', ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties']],
    ['array', ['items', 'prefixItems', 'minItems', 'maxItems']],
    ['string', ['minLength', 'maxLength', 'pattern', 'format']],
    ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
  ]
  const meant = about.filter(([, keywords]) => keywords.some((keyword) => flat[keyword] !== undefined))
  return meant.length === 0 ? null : meant.map(([type]) => type)
}

/** Properties cannot be counted, but some bounds hold anyway. */
function checkPropertyCounts(flat: Flat, declared: number, open: boolean, pointer: string): void {
  const { minProperties = 0, maxProperties = Infinity, required = [] } = flat
  if (minProperties > Math.max(1, required.length)) {
    throw new UnsupportedSchema(
      pointer,
      'has a "minProperties" greater than its required properties, which is not supported',
    )
  }
  if (open ? maxProperties !== Infinity : maxProperties < declared) {
    throw new UnsupportedSchema(
      pointer,
      'has a "maxProperties" that a grammar would have to count up to, which is not supported',
    )
  }
}
