import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { everyTopic, type ChangeListener } from '../core/changes.ts'
import { besideModule } from '../core/entry.ts'
import { asElpisError } from '../errors.ts'
import { errorOf, type StorageFailure } from './failure.ts'
import { withStores } from './store-proxies.ts'
import { surveys, type Stores } from './stores.ts'
import type { CloseCall, FromWorker, StoreCall, ToWorker, WorkerSettings } from './worker-protocol.ts'

/** The database of one home. */
export interface Storage extends Stores {
  /** @returns a function that stops it. */
  watch(listener: ChangeListener): () => void
  /** Waits for what was asked, then closes. */
  close(): Promise<void>
}

/** Where the database is: `Config` itself fits. */
export interface StoragePlace {
  readonly home: string
  /** Empty, or left out: SQLite in the home. */
  readonly storage?: { readonly url: string }
}

/** Before a worker is started in place of one that died; doubled with each that does not come up. */
const firstPause = 250
const longestPause = 10_000

/**
 * Opens (and makes or migrates) the database: Postgres where `storage.url` names one, else `$ELPIS_HOME/elpis.db`.
 * Several processes may hold it at once.
 *
 * @throws `storage_corrupt`, `storage_newer`, `storage_unwritable`, `storage_full`, `storage_busy`, `storage_failed`,
 *   `storage_unreachable`.
 */
export async function openStorage({ home, storage }: StoragePlace): Promise<Storage> {
  if (storage !== undefined && storage.url !== '') {
    const { openPostgres } = await import('./postgres/open-postgres.ts')
    return await openPostgres(storage.url)
  }
  const listeners = new Set<ChangeListener>()
  const told: ChangeListener = {
    changed: (topics) => listeners.forEach((listener) => listener.changed(topics)),
    lost: (error) => listeners.forEach((listener) => listener.lost(error)),
  }
  const closing = new AbortController()
  let thread = new StorageThread(home, told)
  await thread.opened
  const restarting = restartWhenDead()
  let surveying: StorageThread | null = null
  const forSurveys = () => {
    if (surveying === null || surveying.hasEnded) surveying = new StorageThread(home, null)
    return surveying
  }
  return withStores(
    {
      watch(listener: ChangeListener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      async close() {
        closing.abort()
        await Promise.all([thread.close(), surveying?.close()])
        await restarting
      },
    },
    (store, method, parameters) =>
      (surveys.has(`${store}.${method}`) && !thread.hasEnded ? forSurveys() : thread).call(
        store,
        method,
        parameters,
      ),
  )

  /** A worker may run out of memory or meet a fault of ours: without another, nobody would be let in for good. */
  async function restartWhenDead(): Promise<void> {
    for (let wait = firstPause; ;) {
      await thread.ended
      await pause(wait, undefined, { ref: false, signal: closing.signal }).catch(() => {})
      if (closing.signal.aborted) return
      thread = new StorageThread(home, told)
      try {
        await thread.opened
        wait = firstPause
        told.changed(everyTopic)
      } catch {
        wait = Math.min(wait * 2, longestPause)
      }
    }
  }
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** This thread's end of a storage worker. */
class StorageThread {
  readonly opened: Promise<void>
  /** Resolves when the worker is gone, for whatever reason. */
  readonly ended: Promise<void>
  readonly #file: string
  readonly #worker: Worker
  readonly #told: ChangeListener | null
  readonly #waiting = new Map<number, Waiting>()
  /** What was asked in this turn of the loop. */
  readonly #unsent: (StoreCall | CloseCall)[] = []
  #lastId = 0
  /** Why no further call can be made. */
  #end: Error | null = null
  #closing = false

  /** @param told what is told without being asked; null for a worker that only answers surveys */
  constructor(home: string, told: ChangeListener | null) {
    this.#file = join(home, 'elpis.db')
    this.#told = told
    const workerData: WorkerSettings = { home, file: this.#file, surveys: told === null }
    this.#worker = new Worker(besideModule(import.meta.url, 'worker'), { workerData, name: 'elpis-storage' })
    const opening = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    this.opened = opening.promise
    // Where nobody waits for it, the calls fail.
    this.opened.catch(() => {})
    this.ended = ended.promise
    this.#worker.on('message', (message: FromWorker) => {
      if (message.type === 'opened') opening.resolve()
      else if (message.type === 'not-opened') {
        this.#end ??= this.#error(message.failure)
        opening.reject(this.#end)
      } else this.#receive(message)
    })
    this.#worker.once('error', (error) => this.#finish(`its worker ended: ${String(error)}`))
    this.#worker.once('exit', () => {
      this.#finish('its worker ended')
      opening.reject(this.#end)
      ended.resolve()
    })
  }

  /** Whether no further call can be made. */
  get hasEnded(): boolean {
    return this.#end !== null
  }

  async close(): Promise<void> {
    this.#closing = true
    if (this.#end === null) this.#send({ type: 'close' })
    this.#end ??= this.#error({ kind: 'storage_failed', reason: 'it is closed', stack: null })
    await this.ended
  }

  /** A call of a store that lives in the worker. */
  async call(store: string, method: string, parameters: readonly unknown[]): Promise<unknown> {
    if (this.#end !== null) throw this.#end
    const id = ++this.#lastId
    return await new Promise((resolve, reject) => {
      this.#send({ type: 'call', id, store, method, parameters })
      this.#waiting.set(id, { resolve, reject })
    })
  }

  /** One message for all that is asked in one turn: a message costs more than what it says. */
  #send(call: StoreCall | CloseCall): void {
    this.#unsent.push(call)
    if (this.#unsent.length > 1) return
    process.nextTick(() => this.#post(this.#unsent.splice(0)))
  }

  #post(calls: ToWorker): void {
    try {
      this.#worker.postMessage(calls, [])
    } catch (error) {
      // What cannot be copied to another thread fails alone.
      const [call, ...others] = calls
      if (others.length > 0) for (const one of calls) this.#post([one])
      else if (call?.type === 'call') this.#fail(call.id, error)
    }
  }

  #fail(id: number, error: unknown): void {
    this.#waiting.get(id)?.reject(error)
    this.#waiting.delete(id)
  }

  #receive(message: Exclude<FromWorker, { type: 'opened' | 'not-opened' }>): void {
    switch (message.type) {
      case 'replies':
        for (const reply of message.replies) {
          const waiting = this.#waiting.get(reply.id)
          this.#waiting.delete(reply.id)
          if (reply.ok) waiting?.resolve(reply.value)
          else waiting?.reject(this.#error(reply.failure))
        }
        break
      case 'changed':
        this.#told?.changed(message.topics)
        break
      case 'lost':
        this.#told?.lost(asElpisError(this.#error(message.failure)))
        break
      default:
        message satisfies never
    }
  }

  #error(failure: StorageFailure): Error {
    return errorOf(failure, this.#file)
  }

  #finish(reason: string): void {
    const error = this.#end ?? this.#error({ kind: 'storage_failed', reason, stack: null })
    this.#end = error
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
    if (!this.#closing) this.#told?.lost(asElpisError(error))
  }
}
