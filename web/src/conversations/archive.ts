/** Where conversations are kept between visits. Values come back as they were put, but are not checked. */
export interface Archive {
  /** Whether what is put is still there at the next visit. */
  readonly durable: boolean
  all(): Promise<unknown[]>
  get(id: string): Promise<unknown>
  /** @throws DOMException (`QuotaExceededError`) when the browser has no room left. */
  put(id: string, conversation: unknown): Promise<void>
  remove(id: string): Promise<void>
  clear(): Promise<void>
  /** Calls back with the id of whatever another tab put or removed. */
  onForeignChange(listener: (id: string) => void): void
}

const storeName = 'conversations'

/**
 * The browser's own database, one for everybody who signs in here (`scope`): two people who share a browser do not meet
 * each other's conversations by accident. It is no protection against somebody who means to look.
 *
 * Falls back to memory where the browser keeps nothing, as some do in private windows.
 */
export async function openArchive(scope: string): Promise<Archive> {
  try {
    return new BrowserArchive(await openDatabase(`elpis:${scope}`), new BroadcastChannel(`elpis:${scope}`))
  } catch {
    return new MemoryArchive()
  }
}

class BrowserArchive implements Archive {
  readonly durable = true
  readonly #database: IDBDatabase
  readonly #tabs: BroadcastChannel

  constructor(database: IDBDatabase, tabs: BroadcastChannel) {
    this.#database = database
    this.#tabs = tabs
  }

  all(): Promise<unknown[]> {
    return settled(this.#open('readonly').getAll())
  }

  get(id: string): Promise<unknown> {
    return settled(this.#open('readonly').get(id))
  }

  async put(id: string, conversation: unknown): Promise<void> {
    await committed(this.#open('readwrite').put(conversation, id))
    this.#tabs.postMessage(id)
  }

  async remove(id: string): Promise<void> {
    await committed(this.#open('readwrite').delete(id))
    this.#tabs.postMessage(id)
  }

  async clear(): Promise<void> {
    const ids = await settled(this.#open('readonly').getAllKeys())
    await committed(this.#open('readwrite').clear())
    for (const id of ids) this.#tabs.postMessage(id)
  }

  onForeignChange(listener: (id: string) => void): void {
    this.#tabs.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') listener(data)
    })
  }

  #open(mode: IDBTransactionMode): IDBObjectStore {
    return this.#database.transaction(storeName, mode).objectStore(storeName)
  }
}

/** Keeps everything until the page is closed. */
export class MemoryArchive implements Archive {
  readonly durable: boolean = false
  readonly #kept = new Map<string, unknown>()

  async all(): Promise<unknown[]> {
    return [...this.#kept.values()]
  }

  async get(id: string): Promise<unknown> {
    return this.#kept.get(id)
  }

  async put(id: string, conversation: unknown): Promise<void> {
    this.#kept.set(id, conversation)
  }

  async remove(id: string): Promise<void> {
    this.#kept.delete(id)
  }

  async clear(): Promise<void> {
    this.#kept.clear()
  }

  onForeignChange(): void {
    // Memory is shared with no other tab.
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, 1)
  opening.addEventListener('upgradeneeded', () => {
    opening.result.createObjectStore(storeName)
  })
  return settled(opening)
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('The database failed.')))
  })
}

/** A full disk shows itself only when the transaction commits. */
function committed(request: IDBRequest): Promise<void> {
  const { transaction } = request
  return new Promise((resolve, reject) => {
    const fail = () => reject(transaction?.error ?? request.error ?? new Error('The database failed.'))
    transaction?.addEventListener('complete', () => resolve())
    transaction?.addEventListener('abort', fail)
    transaction?.addEventListener('error', fail)
  })
}
