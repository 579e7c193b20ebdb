import { existsSync, watch, type FSWatcher } from 'node:fs'

interface Watching {
  /** Takes in what the folder holds now. */
  readonly reload: () => Promise<void>
  readonly onTrouble: ((error: unknown) => void) | undefined
}

/** Milliseconds: editors write a file in several steps; a folder that is not there is looked for; one that cannot be watched is tried again. */
const wait = { settled: 50, absent: 1000, deaf: 60_000 }

/**
 * A folder that is read again when something in it changes, also when it is made later, or removed and made again. What
 * goes wrong then is told, and nothing is taken in.
 */
export class WatchedFolder {
  readonly #path: string
  readonly #watching: Watching
  #reloading: Promise<void> = Promise.resolve()
  #watcher: FSWatcher | null = null
  #soon: NodeJS.Timeout | null = null

  constructor(path: string, watching: Watching) {
    this.#path = path
    this.#watching = watching
  }

  /** Begins to watch, now or once the folder is there. */
  observe(): void {
    this.close()
    this.#watcher = null
    if (!existsSync(this.#path)) {
      this.#after(wait.absent, () => (existsSync(this.#path) ? this.#changed() : this.observe()))
      return
    }
    try {
      this.#watcher = watch(this.#path, { persistent: false }, () =>
        this.#after(wait.settled, () => this.#changed()),
      )
      this.#watcher.on('error', (error) => this.#deaf(error))
    } catch (error) {
      this.#deaf(error)
    }
  }

  /** One after the other: the last one sees the newest. */
  reload(): Promise<void> {
    const { reload, onTrouble } = this.#watching
    // Whoever asks may have just made the folder.
    if (this.#watcher === null && existsSync(this.#path)) this.observe()
    this.#reloading = this.#reloading.then(reload).catch((error: unknown) => onTrouble?.(error))
    return this.#reloading
  }

  close(): void {
    this.#watcher?.close()
    if (this.#soon !== null) clearTimeout(this.#soon)
    this.#soon = null
  }

  /** A watcher stays with the folder that it began with, though another may have its name by now. */
  #changed(): void {
    this.observe()
    void this.reload()
  }

  #deaf(error: unknown): void {
    this.#watching.onTrouble?.(error)
    this.#after(wait.deaf, () => this.#changed())
  }

  #after(milliseconds: number, next: () => void): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = null
      next()
    }, milliseconds)
    this.#soon.unref()
  }
}
