/** Files of TOML that an operator writes, such as policies and rules: checked by a schema, and versioned by their content. */
import { createHash } from 'node:crypto'
import { parse, TomlError } from 'smol-toml'
import type { z } from 'zod'

/**
 * @param refused makes the error of what is wrong with the text
 * @throws what `refused` makes, saying where and why
 */
export function readToml<Schema extends z.ZodType>(
  toml: string,
  schema: Schema,
  refused: (problem: string) => Error,
): z.output<Schema> {
  let values: unknown
  try {
    values = parse(toml)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw refused(`line ${error.line}: ${error.message.split('\n')[0] ?? 'it is not TOML'}`)
  }
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.join('.') ?? ''
  const isMissing = issue !== undefined && issue.code === 'invalid_type' && isAbsent(values, issue.path)
  throw refused(isMissing ? `${path} is missing` : `${path}: ${issue?.message ?? 'invalid'}`)
}

function isAbsent(values: unknown, path: readonly PropertyKey[]): boolean {
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], values)
  const last = path.at(-1)
  return last !== undefined && !Object.hasOwn((parent ?? {}) as object, last)
}

/** `name@` and the first 12 hex digits of the SHA-256 over the content, defaults included: the same content, the same version. */
export function contentVersion(content: { readonly name: string }): string {
  return `${content.name}@${createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)}`
}
