import { limits, valueTypes, type GgufValueType } from './format.ts'
import type { HeaderReader } from './header-reader.ts'
import { quoted } from './printable.ts'
import { ruleFor } from './text-rules.ts'

/** Integers beyond 2^53 are bigints, all others numbers. */
export type GgufScalar = number | bigint | boolean | string

/** An array of the file. Vocabularies are not kept: `readGgufArray` reads them when they are wanted. */
export interface GgufArray {
  readonly type: GgufValueType
  readonly length: number
  /** Position in the file of the first element. */
  readonly offset: number
  /** What all elements take in the file. */
  readonly bytes: number
  /** Null when the array is too long to be kept. */
  readonly values: readonly GgufScalar[] | null
}

export type GgufValue = GgufScalar | GgufArray

/** A value as a message or a person may see it. */
export function shown(value: GgufValue): string {
  if (typeof value === 'string') return quoted(value)
  return typeof value === 'object' ? `an array of ${value.length} ${value.type}` : String(value)
}

/** Values and their types, keyed alike, in the order of the file. */
export interface Metadata {
  readonly values: ReadonlyMap<string, GgufValue>
  readonly types: ReadonlyMap<string, GgufValueType>
}

/** What is left of the bounds while a header is read. */
interface Budget {
  keptBytes: number
  arrayStrings: number
}

/** @throws `weights_invalid` with the reason. */
export async function readMetadata(reader: HeaderReader, count: number): Promise<Metadata> {
  const values = new Map<string, GgufValue>()
  const types = new Map<string, GgufValueType>()
  const budget: Budget = { keptBytes: limits.keptBytes, arrayStrings: limits.arrayStrings }
  for (let index = 0; index < count; index++) {
    const key = await reader.text(limits.keyBytes, () => `key ${index + 1} of ${count}`)
    checkKey(reader, key, values)
    await reader.need(4, `the type of ${quoted(key)}`)
    const type = typeOf(reader, quoted(key))
    types.set(key, type)
    values.set(
      key,
      type === 'array' ? await readArray(reader, key, budget) : await one(reader, key, type, budget),
    )
  }
  return { values, types }
}

/** One value of a type that is no array. */
async function one(
  reader: HeaderReader,
  key: string,
  type: GgufValueType,
  budget: Budget,
): Promise<GgufScalar> {
  const what = `the value of ${quoted(key)}`
  if (type !== 'string') {
    await reader.need(8 < reader.remaining ? 8 : reader.remaining, what)
    return readScalar(reader, type, what)
  }
  const text = await reader.text(limits.stringBytes, what)
  spend(reader, budget, text.length)
  return text
}

async function readArray(reader: HeaderReader, key: string, budget: Budget): Promise<GgufArray> {
  const what = `the array ${quoted(key)}`
  await reader.need(12, what)
  const type = typeOf(reader, what)
  const length = reader.size(`the length of ${what}`)
  const offset = reader.position
  if (type === 'array') reader.refuse(`${what} holds arrays, which nothing can load`)
  if (type === 'string') {
    if (length > reader.remaining / 8) {
      reader.refuse(`${what} claims ${length} strings, and the file has ${reader.remaining} bytes left`)
    }
    budget.arrayStrings -= length
    if (budget.arrayStrings < 0) {
      reader.refuse(`its arrays hold more than ${limits.arrayStrings} strings together`)
    }
    const values =
      length <= limits.keptElements
        ? await keepStrings(reader, what, length, budget)
        : await passStrings(reader, key, what, length)
    return { type, length, offset, bytes: reader.position - offset, values }
  }
  const size = valueTypes.find(({ name }) => name === type)?.bytes ?? 0
  if (length > reader.remaining / size) {
    reader.refuse(`${what} claims ${length} elements, and the file has ${reader.remaining} bytes left`)
  }
  const bytes = length * size
  if (length > limits.keptElements) {
    reader.skip(bytes, what)
    return { type, length, offset, bytes, values: null }
  }
  await reader.need(bytes, what)
  spend(reader, budget, bytes)
  return { type, length, offset, bytes, values: Array.from({ length }, () => readScalar(reader, type, what)) }
}

async function keepStrings(
  reader: HeaderReader,
  what: string,
  length: number,
  budget: Budget,
): Promise<readonly string[]> {
  const values: string[] = []
  for (let index = 0; index < length; index++) {
    const text = await reader.text(limits.stringBytes, () => `element ${index} of ${what}`)
    spend(reader, budget, text.length)
    values.push(text)
  }
  return values
}

/** Passes over strings that are too many to be kept, and looks at what a vocabulary must hold to. */
async function passStrings(reader: HeaderReader, key: string, what: string, length: number): Promise<null> {
  const rule = ruleFor(reader, key, length)
  let index = 0
  while (index < length) {
    index += reader.passTexts(length - index, limits.elementBytes, rule?.holds ?? null)
    if (index === length) break
    // The next one is not wholly buffered, or wrong.
    const element = `element ${index} of ${what}`
    await reader.need(8, `the length of ${element}`)
    const bytes = reader.size(`the length of ${element}`)
    if (bytes > limits.elementBytes) {
      reader.refuse(`${element} is ${bytes} bytes long, more than ${limits.elementBytes}`)
    }
    await reader.need(bytes, element)
    const text = reader.bytes(bytes)
    if (rule !== null && !rule.holds(text, 0, bytes)) reader.refuse(rule.broken(quoted(text.toString())))
    index++
  }
  const reason = rule?.brokenTogether() ?? null
  if (reason !== null) reader.refuse(reason)
  return null
}

/** One element or value of fixed size that was already needed. */
export function readScalar(reader: HeaderReader, type: GgufValueType, what: string): GgufScalar {
  switch (type) {
    case 'u8':
      return reader.u8()
    case 'i8':
      return reader.i8()
    case 'u16':
      return reader.u16()
    case 'i16':
      return reader.i16()
    case 'u32':
      return reader.u32()
    case 'i32':
      return reader.i32()
    case 'f32':
      return reader.f32()
    case 'f64':
      return reader.f64()
    case 'u64':
      return narrowed(reader.u64())
    case 'i64':
      return narrowed(reader.i64())
    case 'bool': {
      const byte = reader.u8()
      if (byte > 1) reader.refuse(`${what} is ${byte}, neither false nor true`)
      return byte === 1
    }
    case 'string':
    case 'array':
      return reader.refuse(`${what} has no fixed size`)
    default:
      return type satisfies never
  }
}

function narrowed(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

function typeOf(reader: HeaderReader, what: string): GgufValueType {
  const number = reader.u32()
  return valueTypes[number]?.name ?? reader.refuse(`${what} has the unknown value type ${number}`)
}

function checkKey(reader: HeaderReader, key: string, values: ReadonlyMap<string, GgufValue>): void {
  if (key === '') reader.refuse('a key is empty')
  if (control.test(key)) reader.refuse(`the key ${quoted(key)} has control characters`)
  if (values.has(key)) reader.refuse(`the key ${quoted(key)} is there twice`)
}

function spend(reader: HeaderReader, budget: Budget, bytes: number): void {
  budget.keptBytes -= bytes
  if (budget.keptBytes < 0) reader.refuse(`its texts take more than ${limits.keptBytes} bytes`)
}

/** Also in tensor names: a NUL would end them early in native code, so that two names become one. */
export const control = /\p{Cc}/u
