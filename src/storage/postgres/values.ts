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
  20: bigint,
  // numeric: sums of bigint, averages
  1700: (text) => (/^-?\d+$/.test(text) ? exactNumber('a column', BigInt(text)) : Number(text)),
}

/** As many digits as a number always holds: the long way round costs more than all else of most rows. */
const surelyExact = 15

function bigint(text: string): number {
  return text.length <= surelyExact ? Number(text) : exactNumber('a column', BigInt(text))
}

/** Values as stores read them from SQLite. */
export const valueTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : readers[oid]) ??
    types.getTypeParser(oid, format as 'text')) as CustomTypesConfig['getTypeParser'],
}
