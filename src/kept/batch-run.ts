import type { Clock } from '../core/clock.ts'
import { asElpisError, elpisError, ElpisError } from '../errors.ts'
import type { BatchDoor, BatchLine } from './batch-door.ts'
import { BatchResults } from './batch-results.ts'
import type { FileShelf } from './file-shelf.ts'
import { LineReader } from './line-reader.ts'
import { linesOf, type Line } from './lines.ts'
import { notFound } from './not-found.ts'
import { answerPatiently, mayPass } from './patience.ts'
import type { BatchStatus, BatchStore, StoredBatch } from './store.ts'
import type { Turns } from './turns.ts'

export interface RunParts {
  readonly store: BatchStore
  readonly shelf: FileShelf
  readonly clock: Clock
  readonly door: BatchDoor
  /** Shared by all batches. */
  readonly turns: Turns
  readonly mostLineBytes: number
  readonly mostLines: number
  /** Null when the input file is gone. */
  readonly inputBlob: () => Promise<string | null>
  /** Something failed that the batch is not to blame for: it goes on, now or when it is run again. */
  readonly onTrouble: (error: unknown) => void
}

/** Why a batch stops: another process goes on later, or what becomes of it. `deleted`: nothing is, nobody may read it. */
type Stop = 'suspended' | 'cancelled' | 'expired' | 'deleted' | ElpisError

interface Working {
  readonly results: BatchResults
  /** Lines that are being answered. */
  readonly running: Set<Promise<void>>
}

const saveMilliseconds = 1000
/** What timers can count. */
const longestTimer = 2 ** 31 - 1

/** One batch, from where it stands to its end. */
export class BatchRun {
  readonly #parts: RunParts
  readonly #stop = new AbortController()
  #batch: StoredBatch
  #results: BatchResults | null = null
  #savedAt = 0

  constructor(batch: StoredBatch, parts: RunParts) {
    this.#batch = batch
    this.#parts = parts
  }

  /** As it is now. */
  get batch(): StoredBatch {
    const counts = { ...this.#batch.counts, ...this.#results?.counts }
    return { ...this.#batch, counts }
  }

  /** Ends what is being answered. The first reason counts. */
  stop(why: Stop): void {
    const { aborted, reason } = this.#stop.signal
    // One that was suspended meanwhile is cancelled when it is run again.
    if (why === 'cancelled' && (!aborted || reason === 'suspended')) this.#reach('cancelling')
    if (!aborted) this.#stop.abort(why)
  }

  /**
   * Resolves when it is over, or `left` as it was: it was suspended, or the storage failed for now.
   *
   * @throws when its end could not be stored; another run begins where this one was
   */
  async run(): Promise<'over' | 'left'> {
    const left = Math.max(0, this.#batch.expiresAt - this.#parts.clock.now())
    const timer = setTimeout(() => this.stop('expired'), Math.min(left, longestTimer))
    if (this.#batch.status === 'cancelling') this.stop('cancelled')
    try {
      await this.#count()
      await this.#answerAll()
    } catch (error) {
      this.#fail(error)
    }
    clearTimeout(timer)
    return await this.#end()
  }

  /** The batch fails only by what another run would meet as well. */
  #fail(error: unknown): void {
    const known = asElpisError(error)
    if (!mayPass(known)) return this.stop(known)
    this.#parts.onTrouble(error)
    this.stop('suspended')
  }

  /** How many lines there are, once: that never changes. */
  async #count(): Promise<void> {
    if (this.#batch.status !== 'validating') return
    const { mostLines } = this.#parts
    let total = 0
    for await (const _line of await this.#lines()) {
      if (this.#stop.signal.aborted) return
      if (++total > mostLines) throw broken(`The file has more than ${mostLines} lines.`)
    }
    if (total === 0) throw broken('The file has no lines.')
    this.#batch = { ...this.#batch, counts: { total, completed: 0, failed: 0 } }
    this.#reach('in_progress')
    await this.#show()
  }

  async #lines(): Promise<AsyncGenerator<Line>> {
    const { inputBlob, shelf, mostLineBytes } = this.#parts
    const blob = await inputBlob()
    if (blob === null) throw notFound('file', this.#batch.inputFile)
    return linesOf(shelf.read(blob), mostLineBytes)
  }

  async #answerAll(): Promise<void> {
    const results = await BatchResults.open(this.#batch, this.#parts.shelf)
    this.#results = results
    const running = new Set<Promise<void>>()
    const reader = new LineReader(this.#parts.door, this.#batch.endpoint)
    try {
      for await (const line of await this.#lines()) {
        const { reason, aborted } = this.#stop.signal
        if (aborted && reason !== 'expired') break
        const asked = reader.read(line)
        if (!results.has(line.number)) await this.#begin(line.number, asked, { results, running })
      }
    } finally {
      await Promise.all(running)
    }
  }

  /** Returns when it is the line's turn; what is answered then is among `running`. */
  async #begin(number: number, asked: BatchLine, { results, running }: Working): Promise<void> {
    const { door, turns } = this.#parts
    const { endpoint, keyId } = this.#batch
    const { signal } = this.#stop
    const giveBack = await turns.take()
    const work = async () => {
      try {
        const answer = await answerPatiently(() => door.answer(asked, { endpoint, keyId, signal }), signal)
        if (answer === null && signal.reason !== 'expired') return
        await results.record(number, asked.customId, answer)
        await this.#save()
      } catch (error) {
        this.#fail(error)
      } finally {
        giveBack()
      }
    }
    const begun: Promise<void> = work().finally(() => running.delete(begun))
    running.add(begun)
  }

  async #save(): Promise<void> {
    const now = this.#parts.clock.now()
    if (now - this.#savedAt < saveMilliseconds) return
    this.#savedAt = now
    await this.#show()
  }

  /** Only for whoever looks on: after a crash the results tell. So nothing depends on whether it can be stored. */
  async #show(): Promise<void> {
    try {
      if (!(await this.#parts.store.update(this.batch))) this.stop('deleted')
    } catch (error) {
      this.#parts.onTrouble(error)
    }
  }

  /** The results become files of the key in the same step in which the batch is over. */
  async #end(): Promise<'over' | 'left'> {
    const { store, shelf, clock } = this.#parts
    const { output = null, errors = null } = (await this.#results?.close(clock.now())) ?? {}
    const reason = this.#stop.signal.reason as Stop | undefined
    if (reason === 'suspended') return 'left'
    if (reason === 'deleted') return await this.#forget()
    const failure = reason instanceof ElpisError ? { code: reason.code, message: reason.message } : null
    if (reason === undefined) this.#reach('finalizing')
    const status = reason === undefined ? 'completed' : reason instanceof ElpisError ? 'failed' : reason
    const ended = {
      ...this.#reached(status),
      counts: this.batch.counts,
      outputFile: output?.id ?? null,
      errorFile: errors?.id ?? null,
      failure,
    }
    const files = [output, errors].filter((file) => file !== null)
    if (!(await store.update(ended, files))) return await this.#forget()
    this.#batch = ended
    if (output === null) await shelf.delete(this.#batch.outputBlob)
    if (errors === null) await shelf.delete(this.#batch.errorBlob)
    return 'over'
  }

  async #forget(): Promise<'over'> {
    await this.#parts.shelf.delete(this.#batch.outputBlob)
    await this.#parts.shelf.delete(this.#batch.errorBlob)
    return 'over'
  }

  #reach(status: BatchStatus): void {
    this.#batch = this.#reached(status)
  }

  /** The first time counts. */
  #reached(status: BatchStatus): StoredBatch {
    const reached = { [status]: this.#parts.clock.now(), ...this.#batch.reached }
    return { ...this.#batch, status, reached }
  }
}

function broken(problem: string): ElpisError {
  return elpisError('invalid_request', { problem })
}
