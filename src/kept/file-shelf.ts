import { randomBytes } from 'node:crypto'
import { createReadStream, type ReadStream } from 'node:fs'
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { elpisError, ElpisError } from '../errors.ts'

/** Names that are made here. */
const ours = /^[0-9a-f]{40}$/

/**
 * Contents of files in one folder, under random names: nothing that a client says ever becomes part of a path. Knows
 * how much they take together and keeps that bounded.
 */
export class FileShelf {
  readonly #folder: string
  readonly #mostBytes: number
  #used = 0
  /** Names that were given out and that the database may not know yet. */
  readonly #unsettled = new Set<string>()

  constructor(folder: string, mostBytes: number) {
    this.#folder = folder
    this.#mostBytes = mostBytes
  }

  /** Makes the folder, and looks how much is in it. */
  async open(): Promise<void> {
    await this.#mended(async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      for (const name of await this.#names()) this.#used += await this.size(name)
    })
  }

  /**
   * Deletes what nothing refers to any more: of whom was erased or removed, and what was being written when a server was
   * killed.
   *
   * @param known asked once the folder was listed: what is settled by then is in the database
   */
  async sweep(known: () => Promise<ReadonlySet<string>>): Promise<void> {
    const names = await this.#mended(() => this.#names())
    const settled = names.filter((name) => !this.#unsettled.has(name))
    const kept = await known()
    for (const name of settled) if (!kept.has(name)) await this.delete(name)
  }

  /** A name that is not taken; `settled` once the database knows it, or never will. */
  newBlob(): string {
    const blob = randomBytes(20).toString('hex')
    this.#unsettled.add(blob)
    return blob
  }

  settled(...blobs: readonly string[]): void {
    for (const blob of blobs) this.#unsettled.delete(blob)
  }

  /**
   * Writes a new file, durable when this resolves; nothing is left of it when this throws.
   *
   * @returns its size
   * @throws `file_too_large`, `files_full`, `files_unwritable`, what `source` throws
   */
  async write(blob: string, source: AsyncIterable<Buffer>, mostBytes: number): Promise<number> {
    let size = 0
    const handle = await this.#mended(() => open(this.#path(blob), 'wx', 0o600))
    try {
      for await (const chunk of source) {
        if (size + chunk.length > mostBytes) throw elpisError('file_too_large', { limit: mostBytes })
        await this.append(handle, chunk)
        size += chunk.length
      }
      await this.#mended(() => handle.sync())
    } catch (error) {
      await handle.close()
      await rm(this.#path(blob), { force: true })
      this.#used -= size
      throw error
    }
    await handle.close()
    return size
  }

  /** Opens a file that grows, made when it is not there. */
  async grow(blob: string): Promise<FileHandle> {
    return await this.#mended(() => open(this.#path(blob), 'a+', 0o600))
  }

  /** All or nothing, but for a crash of the machine. @throws `files_full`, `files_unwritable` */
  async append(handle: FileHandle, content: Buffer): Promise<void> {
    if (this.#used + content.length > this.#mostBytes)
      throw elpisError('files_full', { limit: this.#mostBytes })
    this.#used += content.length
    try {
      await this.#mended(() => handle.appendFile(content))
    } catch (error) {
      this.#used -= content.length
      throw error
    }
  }

  /** Cuts off what a write that failed, or was killed, has left after `size`; that was never counted. */
  async truncate(handle: FileHandle, size: number): Promise<void> {
    await this.#mended(() => handle.truncate(size))
  }

  read(blob: string): ReadStream {
    return createReadStream(this.#path(blob), { highWaterMark: 65_536 })
  }

  /** 0 when it is not there. */
  async size(blob: string): Promise<number> {
    return (await stat(this.#path(blob)).catch(() => null))?.size ?? 0
  }

  async delete(blob: string): Promise<void> {
    const size = await this.size(blob)
    // Whoever is first counts: a sweep may be about the same file.
    if (await this.#mended(() => removed(this.#path(blob)))) this.#used -= size
  }

  async #names(): Promise<string[]> {
    return (await readdir(this.#folder)).filter((name) => ours.test(name))
  }

  #path(blob: string): string {
    if (!ours.test(blob)) throw new Error('Blobs have names of our own making.')
    return join(this.#folder, blob)
  }

  async #mended<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof ElpisError || !(error instanceof Error) || !('code' in error)) throw error
      throw elpisError('files_unwritable', { folder: this.#folder, reason: error.message })
    }
  }
}

/** @returns false when it was not there */
async function removed(path: string): Promise<boolean> {
  try {
    await rm(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
