import { elpisError, type ElpisError } from '../errors.ts'

type Kind = 'response' | 'file' | 'batch'

/** `kept_not_found` (404); the id, which the client chose, is cut to 100 characters. */
export function notFound(kind: Kind, id: string): ElpisError {
  return elpisError('kept_not_found', { kind, id: id.slice(0, 100) })
}

/**
 * Ids come from clients: what cannot be one of ours is not here, whatever a database would make of it.
 *
 * @throws `kept_not_found`
 */
export function checkId(kind: Kind, id: string): void {
  if (!/^[\w-]{1,100}$/.test(id)) throw notFound(kind, id)
}
