/**
 * OTLP as JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in hex, 64-bit numbers as text,
 * enumerations as numbers.
 */
import { createHash, randomBytes } from 'node:crypto'

export type Value = string | number | boolean | readonly string[]
export interface Attribute {
  readonly key: string
  readonly value: object
}

/** Values as attributes of OTLP; null and undefined are left out. */
export function attributes(values: Readonly<Record<string, Value | null | undefined>>): Attribute[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value: anyValue(value) }],
  )
}

function anyValue(value: Value): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  }
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } }
}

/** Epoch milliseconds, fractions too, as nanoseconds. */
export function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n)
}

/** The trace of a request: whoever has its id, from an answer or a log line, finds it. */
export function traceIdOf(requestId: string): string {
  return createHash('sha256').update(requestId).digest('hex').slice(0, 32)
}

/** 8 random bytes in hex, as OTLP wants them. */
export function newSpanId(): string {
  return randomBytes(8).toString('hex')
}

export interface Scope {
  readonly service: string
  readonly version: string
  /** Tells this process from others of the service. */
  readonly instance: string
}

/** The resource that all telemetry of this process belongs to. */
export function resourceOf({ service, version, instance }: Scope): object {
  return {
    attributes: attributes({
      'service.name': service,
      'service.version': version,
      'service.instance.id': instance,
    }),
  }
}

export const scope = { name: 'elpis' }
