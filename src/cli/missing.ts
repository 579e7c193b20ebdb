import { elpisError } from '../errors.ts'

/** An argument that a command cannot do without was left out. */
export function missing(what: string, example: string) {
  return elpisError('usage', {
    problem: `What is missing is ${what}.`,
    suggestion: `For example: \`${example}\`.`,
  })
}
