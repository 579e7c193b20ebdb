/** Something in a schema that no grammar is made of; callers say in their own words which field it stood in. */
export class UnsupportedSchema extends Error {
  /** Where it stands, as a JSON pointer; empty is the schema itself. */
  readonly pointer: string
  readonly problem: string

  constructor(pointer: string, problem: string) {
    super(`${pointer === '' ? 'The schema' : `"${pointer.slice(0, 300)}"`} ${problem}`)
    this.pointer = pointer
    this.problem = problem
  }
}
