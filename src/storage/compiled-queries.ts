import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { Database } from './schema.ts'

/**
 * The queries of the calls that every request makes, each built once: building one takes longer than running it. Holds
 * texts only, so that a call may be run again when its transaction was lost.
 */
export class CompiledQueries {
  readonly #database: Kysely<Database>
  readonly #built = new Map<string, CompiledQuery>()

  constructor(database: Kysely<Database>) {
    this.#database = database
  }

  /**
   * @param name a query of another text has another one
   * @param parameters in the order in which `build` gives its own
   * @param build the query with any parameters of the same number
   */
  async run<Row>(
    name: string,
    parameters: readonly unknown[],
    build: () => CompiledQuery<Row>,
  ): Promise<QueryResult<Row>> {
    let built = this.#built.get(name)
    if (built === undefined) this.#built.set(name, (built = build()))
    if (built.parameters.length !== parameters.length) {
      throw new RangeError(`${name} takes ${built.parameters.length} parameters, not ${parameters.length}.`)
    }
    return await this.#database.executeQuery<Row>({ ...built, parameters } as CompiledQuery<Row>)
  }
}
