import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/** The folder of files as a backup has it, made beside the one in use and then put in its place. */
export class FilesDraft {
  readonly #folder: string
  readonly #draft: string
  #open: FileHandle | null = null

  constructor(folder: string) {
    this.#folder = folder
    this.#draft = `${folder}.restoring`
  }

  async begin(): Promise<void> {
    await rm(this.#draft, { recursive: true, force: true })
    await mkdir(this.#draft, { recursive: true, mode: 0o700 })
  }

  async file(name: string): Promise<void> {
    await this.#finish()
    this.#open = await open(join(this.#draft, name), 'wx', 0o600)
  }

  async content(bytes: Buffer): Promise<void> {
    await this.#open?.appendFile(bytes)
  }

  async putInPlace(): Promise<void> {
    await this.#finish()
    const old = `${this.#folder}.old`
    await rm(old, { recursive: true, force: true })
    await rename(this.#folder, old).catch(() => {})
    await rename(this.#draft, this.#folder)
    await rm(old, { recursive: true, force: true })
  }

  async discard(): Promise<void> {
    await this.#open?.close().catch(() => {})
    this.#open = null
    await rm(this.#draft, { recursive: true, force: true })
  }

  async #finish(): Promise<void> {
    await this.#open?.sync()
    await this.#open?.close()
    this.#open = null
  }
}
