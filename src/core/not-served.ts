import { elpisError, type ElpisError } from '../errors.ts'
import { nearest } from './nearest.ts'

/** Longer names are cut in messages. */
const longestName = 200

/** `model_not_served`, with the name that was probably meant. */
export function modelNotServed(model: string, served: readonly string[]): ElpisError {
  const name = model.slice(0, longestName)
  const guess = nearest(name, served)
  const suggestion =
    guess === null ? 'GET /v1/models lists what is.' : `Did you mean "${guess}"? GET /v1/models lists all.`
  return elpisError('model_not_served', { model: name, suggestion })
}
