import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { BatchId, KeyId, SubjectName } from '../core/ids.ts'
import { accountOf } from '../core/principal.ts'
import { elpisError } from '../errors.ts'
import type { BatchDoor } from './batch-door.ts'
import { BatchRun } from './batch-run.ts'
import type { FileShelf } from './file-shelf.ts'
import type { KeptFiles } from './files.ts'
import { checkId, notFound } from './not-found.ts'
import {
  overStatuses,
  type BatchEndpoint,
  type BatchStore,
  type FileStore,
  type Page,
  type StoredBatch,
} from './store.ts'
import { Turns } from './turns.ts'

export interface BatchesParts {
  readonly store: BatchStore
  readonly fileStore: FileStore
  readonly files: KeptFiles
  readonly shelf: FileShelf
  readonly clock: Clock
  /** Lines answered at the same time, of all batches. */
  readonly parallel: number
  readonly mostLineBytes: number
  readonly onOver: (batch: StoredBatch) => void
  /** Something failed that the batch is not to blame for. It goes on, or is tried again after a pause. */
  readonly onTrouble: (batch: BatchId, error: unknown) => void
}

interface NewBatch {
  readonly subject: SubjectName
  readonly endpoint: BatchEndpoint
  readonly inputFile: string
  readonly metadata: Readonly<Record<string, string>> | null
}

const windowMilliseconds = 86_400_000
const keptMilliseconds = 60 * windowMilliseconds
const mostLines = 50_000
/** Not over, per key. */
const mostOpen = 20
/** Being worked on; the others wait. */
const mostRunning = 16
/** Before one goes on that the storage stood in the way of. */
const restMilliseconds = 2000

/** Many requests that are answered in the background. Whoever asks for another's batch hears that it is not there. */
export class KeptBatches {
  readonly #parts: BatchesParts
  readonly #turns: Turns
  readonly #waiting: StoredBatch[] = []
  /** Of those that wait: not to begin yet. */
  readonly #resting = new Set<BatchId>()
  readonly #running = new Map<BatchId, { readonly run: BatchRun; readonly ended: Promise<unknown> }>()
  #door: BatchDoor | null = null
  #closed = false

  constructor(parts: BatchesParts) {
    this.#parts = parts
    this.#turns = new Turns(parts.parallel)
  }

  /** Goes on with what earlier processes left. */
  async start(door: BatchDoor): Promise<void> {
    this.#door = door
    this.#waiting.push(...(await this.#parts.store.open()))
    this.#next()
  }

  /** @throws `kept_not_found`, `batches_full` */
  async create(keyId: KeyId, { subject, endpoint, inputFile, metadata }: NewBatch): Promise<StoredBatch> {
    const { store, files, shelf, clock } = this.#parts
    const file = await files.find(accountOf({ keyId }), inputFile)
    const createdAt = clock.now()
    const batch: StoredBatch = {
      id: `batch_${randomBytes(15).toString('hex')}` as BatchId,
      keyId,
      subject,
      endpoint,
      inputFile: file.id,
      status: 'validating',
      createdAt,
      expiresAt: createdAt + windowMilliseconds,
      reached: {},
      counts: { total: 0, completed: 0, failed: 0 },
      outputBlob: shelf.newBlob(),
      errorBlob: shelf.newBlob(),
      outputFile: null,
      errorFile: null,
      failure: null,
      metadata,
    }
    try {
      if (!(await store.insert(batch, mostOpen))) throw elpisError('batches_full', { count: mostOpen })
    } finally {
      shelf.settled(batch.outputBlob, batch.errorBlob)
    }
    this.#waiting.push(batch)
    this.#next()
    return batch
  }

  /** @throws `kept_not_found` */
  async find(keyId: KeyId, id: string): Promise<StoredBatch> {
    checkId('batch', id)
    const batch = await this.#parts.store.find(keyId, id as BatchId)
    if (batch === null) throw notFound('batch', id)
    return this.#asItIs(batch)
  }

  /** @throws `kept_not_found` when `page.after` is */
  async list(keyId: KeyId, page: Page<string>): Promise<StoredBatch[]> {
    if (page.after !== null) checkId('batch', page.after)
    const batches = await this.#parts.store.list(keyId, page as Page<BatchId>)
    if (batches === null) throw notFound('batch', page.after ?? '')
    return batches.map((batch) => this.#asItIs(batch))
  }

  /** @throws `kept_not_found`, `batch_over` */
  async cancel(keyId: KeyId, id: string): Promise<StoredBatch> {
    const batch = await this.find(keyId, id)
    if (overStatuses.includes(batch.status)) throw elpisError('batch_over', { id, status: batch.status })
    const { store, clock } = this.#parts
    const cancelling: StoredBatch = {
      ...batch,
      status: 'cancelling',
      reached: { cancelling: clock.now(), ...batch.reached },
    }
    const running = this.#running.get(batch.id)
    if (running !== undefined) {
      running.run.stop('cancelled')
      return running.run.batch
    }
    const index = this.#waiting.findIndex((waiting) => waiting.id === batch.id)
    // It came to its end while it was looked up.
    if (index === -1) throw elpisError('batch_over', { id, status: (await this.find(keyId, id)).status })
    this.#waiting[index] = cancelling
    await store.update(cancelling)
    return cancelling
  }

  /** Deletes those that were over long ago, and ends those whose owner was erased or removed: they are deleted already. */
  async prune(): Promise<void> {
    const { store, clock } = this.#parts
    await store.prune(clock.now() - keptMilliseconds)
    const waiting = [...this.#waiting]
    const running = [...this.#running]
    // Asked after those here: one that was ordered meanwhile is not among them.
    const open = new Set((await store.open()).map(({ id }) => id))
    for (const batch of waiting) {
      const index = open.has(batch.id) ? -1 : this.#waiting.indexOf(batch)
      if (index !== -1) this.#waiting.splice(index, 1)
    }
    const gone = running.filter(([id]) => !open.has(id))
    for (const [, { run }] of gone) run.stop('deleted')
    await Promise.all(gone.map(([, { ended }]) => ended))
  }

  /** Leaves what is not over to the next process. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { run } of this.#running.values()) run.stop('suspended')
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
  }

  #asItIs(batch: StoredBatch): StoredBatch {
    return this.#running.get(batch.id)?.run.batch ?? batch
  }

  /** Begins with the oldest of those whose key has the fewest running. */
  #next(): void {
    while (!this.#closed && this.#door !== null && this.#running.size < mostRunning) {
      const busy = (keyId: KeyId) =>
        [...this.#running.values()].filter(({ run }) => run.batch.keyId === keyId).length
      const able = this.#waiting.filter(({ id }) => !this.#resting.has(id))
      const least = Math.min(...able.map(({ keyId }) => busy(keyId)))
      const batch = able.find(({ keyId }) => busy(keyId) === least)
      if (batch === undefined) return
      this.#waiting.splice(this.#waiting.indexOf(batch), 1)
      this.#run(batch, this.#door)
    }
  }

  #run(batch: StoredBatch, door: BatchDoor): void {
    const { store, fileStore, shelf, clock, mostLineBytes, onOver } = this.#parts
    // Also one that has expired meanwhile: it is kept as long as a batch reads it.
    const inputBlob = async () =>
      (await fileStore.find(accountOf(batch), batch.inputFile, batch.createdAt))?.blob ?? null
    const turns = this.#turns
    const onTrouble = (error: unknown) => this.#parts.onTrouble(batch.id, error)
    const run = new BatchRun(batch, {
      store,
      shelf,
      clock,
      door,
      turns,
      mostLineBytes,
      mostLines,
      inputBlob,
      onTrouble,
    })
    const work = async () => {
      const end = await run.run().catch((error: unknown) => {
        onTrouble(error)
        return 'left' as const
      })
      this.#running.delete(batch.id)
      if (end === 'left') this.#rest(run.batch)
      else if (overStatuses.includes(run.batch.status)) onOver(run.batch)
      this.#next()
    }
    this.#running.set(batch.id, { run, ended: work() })
  }

  /** It waits again, where it can be found and cancelled, and begins after a pause. */
  #rest(batch: StoredBatch): void {
    if (this.#closed) return
    this.#waiting.push(batch)
    this.#resting.add(batch.id)
    const begin = () => {
      this.#resting.delete(batch.id)
      this.#next()
    }
    setTimeout(begin, restMilliseconds).unref()
  }
}
