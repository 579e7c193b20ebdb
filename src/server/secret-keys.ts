import { elpisError } from '../errors.ts'
import { signingKeys } from '../standing/webhooks/signing.ts'

/**
 * The keys that a variable of the environment holds.
 *
 * @param where the setting that names the variable
 * @throws `config_invalid`
 */
export function secretKeys(where: string, variable: string): Buffer[] {
  const text = process.env[variable]
  const keys = signingKeys(text ?? '')
  if (keys !== null) return keys
  throw elpisError('config_invalid', {
    where,
    problem: `the variable ${variable} ${text === undefined ? 'is not set' : 'holds no `whsec_` with 24 to 64 bytes in base64'}`,
    suggestion: 'Set it where the server is started: `echo whsec_$(openssl rand -base64 32)` makes one.',
  })
}
