import { oneLine } from '../core/one-line.ts'
import { elpisError } from '../errors.ts'
import type { KeyInfo } from './access.ts'

const mostCharacters = 100

/**
 * A name as it is kept: trimmed, one line, nothing that a terminal or a page could take for more than text.
 *
 * @throws `key_name_invalid`
 */
export function validName(name: string): string {
  const { line, problem } = oneLine(name, mostCharacters)
  if (problem !== null) throw elpisError('key_name_invalid', { problem })
  return line
}

/**
 * As `validName`, for people and organisations.
 *
 * @throws `name_invalid`
 */
export function checkedName(name: string): string {
  const { line, problem } = oneLine(name, mostCharacters)
  if (problem !== null) throw elpisError('name_invalid', { problem })
  return line
}

/**
 * The working key that is meant by an id, a display prefix or a name. Names need not be unique; an id always is.
 *
 * @throws `key_not_found`, `key_ambiguous`
 */
export function keyNamed<Key extends KeyInfo>(which: string, keys: readonly Key[]): Key {
  const working = keys.filter(({ revokedAt }) => revokedAt === null)
  const byId = working.find(({ id }) => id === which)
  if (byId !== undefined) return byId
  const fitting = working.filter(({ name, prefix }) => name === which.normalize('NFC') || prefix === which)
  const [key, another] = fitting
  // A whole key may have been typed here by mistake: it must not travel on in an error.
  if (key === undefined) throw elpisError('key_not_found', { key: which.length > 40 ? '…' : which })
  if (another !== undefined) {
    throw elpisError('key_ambiguous', { key: which, ids: fitting.map(({ id }) => id).join(', ') })
  }
  return key
}
