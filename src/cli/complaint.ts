import type { ElpisError } from '../errors.ts'
import { plainText } from './plain-text.ts'

/** How a failure is shown where things go on after it. */
export function complaint({ message, hint }: ElpisError): string {
  return plainText(hint === '' ? message : `${message}\n  ${hint}`)
}
