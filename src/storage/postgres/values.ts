import type { CustomTypesConfig } from 'pg'
import { types } from 'pg'
import { exactNumber, scalar, UnboundableParameter, type Scalar } from '../scalar.ts'

/** The protocol counts parameters in 16 bits; SQLite takes fewer. */
const mostParameters = 32_766

/** @throws UnboundableParameter for what the driver would send as something else. */
export function strictParameters(parameters: readonly unknown[]): Scalar[] {
  if (parameters.length > mostParameters) {
    throw new UnboundableParameter(`${mostParameters} parameters at most, ${parameters.length} were given`)
  }
  return parameters.map(scalar)
}

/** https://www.postgresql.org/docs/current/catalog-pg-type.html, by `oid`. */
const readers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => (text === 't' ? 1 : 0), // boolean: conditions are 0 or 1, as on SQLite
  17: (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')), // bytea, as \x…
  20: (text) => exactNumber('a column', BigInt(text)), // bigint
  // numeric: sums of bigint, averages
  1700: (text) => (/^-?\d+$/.test(text) ? exactNumber('a column', BigInt(text)) : Number(text)),
}

/** Values as stores read them from SQLite. */
export const valueTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : readers[oid]) ??
    types.getTypeParser(oid, format as 'text')) as CustomTypesConfig['getTypeParser'],
}
