/**
 * Declared prompts that were computed, kept on disk for processes to come: `<folder>/<model>/<text>`, both SHA-256. Only
 * what the operator declared to be no secret is written, so nothing here comes from anybody's conversation. Processes
 * read what is theirs and can write nothing: they hand files over, whose content is only looked at by the next process
 * of the same weights.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Reads nothing of the files itself. Files are written one after the other, each to a draft that is renamed; the
 * oldest beyond `mostBytes` are removed.
 */
export class PrefixFiles {
  /** SHA-256 of each declared prompt. */
  readonly texts: readonly string[]
  readonly mostBytes: number
  readonly #folder: string
  /** Files are written one after the other. */
  #work: Promise<unknown> = Promise.resolve()
  #drafts = 0

  /** @param mostBytes of all files together; 0 keeps none. */
  constructor(folder: string, mostBytes: number, sharedPrompts: readonly string[]) {
    this.#folder = folder
    this.mostBytes = mostBytes
    this.texts = sharedPrompts.map(nameOfText)
    this.#then(() => this.#tidy())
  }

  /** Where the files of a model lie; there, afterwards. Null when none are kept. */
  folderOf(model: string): string | null {
    if (this.mostBytes === 0 || this.texts.length === 0) return null
    const folder = join(this.#folder, model)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folder
  }

  /** Takes over what a process computed. What cannot be kept is not: then it is computed again. */
  keep(model: string, text: string, file: Uint8Array): void {
    if (!this.texts.includes(text) || file.byteLength > this.mostBytes) return
    this.#then(async () => {
      const path = join(this.#folder, model, text)
      const draft = `${path}.${process.pid}-${this.#drafts++}`
      await mkdir(join(this.#folder, model), { recursive: true, mode: 0o700 })
      try {
        await writeFile(draft, file, { mode: 0o600, flag: 'wx' })
        await rename(draft, path)
      } finally {
        await rm(draft, { force: true })
      }
      await this.#tidy()
    })
  }

  /** Resolved when nothing is being written. */
  async close(): Promise<void> {
    await this.#work
  }

  #then(work: () => Promise<void>): void {
    // A full disk, say, costs time at the next start and nothing else.
    this.#work = this.#work.then(work).catch(() => undefined)
  }

  /** Removes drafts, what is no longer declared, and the oldest beyond the bound. */
  async #tidy(): Promise<void> {
    if (this.mostBytes === 0) {
      await rm(this.#folder, { recursive: true, force: true })
      return
    }
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true })
    const files = await Promise.all(
      entries
        .filter((entry) => !entry.isDirectory())
        .map(async ({ parentPath, name }) => {
          const path = join(parentPath, name)
          const { size, mtimeMs } = await stat(path)
          return { path, size, mtimeMs, declared: this.texts.includes(name) }
        }),
    )
    let bytes = 0
    for (const { path, size, declared } of files.toSorted((one, other) => other.mtimeMs - one.mtimeMs)) {
      if (declared) bytes += size
      if (!declared || bytes > this.mostBytes) await rm(path, { force: true })
    }
  }
}

/** What the file of a declared prompt is called. */
export function nameOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
