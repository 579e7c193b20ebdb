import { elpisError } from '../errors.ts'
import type { BatchDoor, BatchLine } from './batch-door.ts'
import type { Line } from './lines.ts'
import type { BatchEndpoint } from './store.ts'

/** Reads the lines of one batch, each once: two that have the same id could not be told apart in the results. */
export class LineReader {
  readonly #door: BatchDoor
  readonly #endpoint: BatchEndpoint
  readonly #seen = new Set<string>()

  constructor(door: BatchDoor, endpoint: BatchEndpoint) {
    this.#door = door
    this.#endpoint = endpoint
  }

  read({ bytes }: Line): BatchLine {
    const line = this.#door.read(bytes, this.#endpoint)
    const { customId } = line
    if (customId === null) return line
    if (this.#seen.has(customId)) {
      const problem = `Another line before has the custom_id "${customId}".`
      return { customId, error: elpisError('invalid_request', { problem }) }
    }
    this.#seen.add(customId)
    return line
  }
}
