import { oneLine } from '../core/one-line.ts'
import { elpisError } from '../errors.ts'

const mostCharacters = 500

/**
 * A reason as it is kept: one line that a terminal and a page can show as it is.
 *
 * @throws `reason_invalid`
 */
export function validReason(text: string): string {
  const { line, problem } = oneLine(text, mostCharacters)
  if (problem !== null) throw elpisError('reason_invalid', { problem })
  return line
}
