import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import type { Account, FileId } from '../core/ids.ts'
import { elpisError } from '../errors.ts'
import type { FileShelf } from './file-shelf.ts'
import { checkId, notFound } from './not-found.ts'
import type { BatchStore, Depositor, FilePurpose, FileStore, Page, StoredFile } from './store.ts'

interface Description {
  readonly name: string
  /** How long it is kept. */
  readonly seconds: number
}

interface FilesParts {
  readonly store: FileStore
  readonly batches: Pick<BatchStore, 'open'>
  readonly shelf: FileShelf
  readonly clock: Clock
  /** Largest single file. */
  readonly mostBytes: number
}

/** Files that clients left here. Whoever asks for another's hears that it is not there. */
export class KeptFiles {
  readonly #parts: FilesParts

  constructor(parts: FilesParts) {
    this.#parts = parts
  }

  /**
   * @param described asked once the content is here: a form may say only then what it is
   * @throws `file_too_large`, `files_full`, `files_unwritable`, what `content` and `described` throw
   */
  async create(
    depositor: Depositor,
    content: AsyncIterable<Buffer>,
    described: () => Promise<Description>,
  ): Promise<StoredFile> {
    const { shelf, clock, store, mostBytes } = this.#parts
    await this.prune()
    const blob = shelf.newBlob()
    try {
      const bytes = await shelf.write(blob, content, mostBytes)
      const { name, seconds } = await described()
      const createdAt = clock.now()
      const expiresAt = createdAt + seconds * 1000
      const kind = { id: newFileId(), ...depositor, name, purpose: 'batch' as const }
      const file: StoredFile = { ...kind, bytes, createdAt, expiresAt, blob }
      await store.insert(file)
      return file
    } catch (error) {
      await shelf.delete(blob)
      throw error
    } finally {
      shelf.settled(blob)
    }
  }

  /** @throws `kept_not_found` */
  async find(account: Account, id: string): Promise<StoredFile> {
    checkId('file', id)
    const { store, clock } = this.#parts
    const file = await store.find(account, id as FileId, clock.now())
    if (file === null) throw notFound('file', id)
    return file
  }

  /** @throws `kept_not_found` when `page.after` is */
  async list(account: Account, page: Page<string>, purpose: FilePurpose | null): Promise<StoredFile[]> {
    if (page.after !== null) checkId('file', page.after)
    const { store, clock } = this.#parts
    const files = await store.list(account, page as Page<FileId>, purpose, clock.now())
    if (files === null) throw notFound('file', page.after ?? '')
    return files
  }

  content(file: StoredFile): Readable {
    return this.#parts.shelf.read(file.blob)
  }

  /** @throws `kept_not_found`, `file_in_use` */
  async delete(account: Account, id: string): Promise<void> {
    const { store, shelf, batches } = this.#parts
    const file = await this.find(account, id)
    const user = (await batches.open()).find(({ inputFile }) => inputFile === file.id)
    if (user !== undefined) throw elpisError('file_in_use', { id, batch: user.id })
    if (await store.delete(account, file.id)) await shelf.delete(file.blob)
  }

  /** Deletes what has expired, but for what a batch still reads. */
  async prune(): Promise<void> {
    const { store, shelf, batches, clock } = this.#parts
    const now = clock.now()
    const expired = (await store.all()).filter(({ expiresAt }) => expiresAt <= now)
    if (expired.length === 0) return
    const used = new Set((await batches.open()).map(({ inputFile }) => inputFile))
    for (const { account, id, blob } of expired) {
      if (!used.has(id) && (await store.delete(account, id))) await shelf.delete(blob)
    }
  }
}

/** `file-` and 120 random bits in hex. */
export function newFileId(): FileId {
  return `file-${randomBytes(15).toString('hex')}` as FileId
}
