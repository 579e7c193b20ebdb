import { elpisError } from '../errors.ts'

const mostCharacters = 500

/**
 * A reason as it is kept: one line that a terminal and a page can show as it is.
 *
 * @throws `reason_invalid`
 */
export function validReason(text: string): string {
  const reason = text.trim().normalize('NFC')
  const problem =
    reason === ''
      ? 'it is empty'
      : reason.length > mostCharacters
        ? `it is longer than ${mostCharacters} characters`
        : /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(reason)
          ? 'it has characters that cannot be seen'
          : null
  if (problem !== null) throw elpisError('reason_invalid', { problem })
  return reason
}
