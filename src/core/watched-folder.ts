import { existsSync, watch, type FSWatcher } from 'node:fs'

interface Watching {
  /** Takes in what the folder holds now. */
  readonly reload: () => Promise<void>
  readonly onTrouble: ((error: unknown) => void) | undefined
}

/** A folder that is read again when something in it changes. What goes wrong then is told, and nothing is taken in. */
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

  /** Begins to watch once the folder is there. */
  observe(): void {
    if (this.#watcher !== null || !existsSync(this.#path)) return
    this.#watcher = watch(this.#path, { persistent: false }, () => {
      // Editors write a file in several steps.
      this.#soon ??= setTimeout(() => {
        this.#soon = null
        void this.reload()
      }, 50)
      this.#soon.unref()
    })
    this.#watcher.on('error', (error) => this.#watching.onTrouble?.(error))
  }

  /** One after the other: the last one sees the newest. */
  reload(): Promise<void> {
    const { reload, onTrouble } = this.#watching
    this.#reloading = this.#reloading.then(reload).catch((error: unknown) => onTrouble?.(error))
    return this.#reloading
  }

  close(): void {
    this.#watcher?.close()
    if (this.#soon !== null) clearTimeout(this.#soon)
  }
}
