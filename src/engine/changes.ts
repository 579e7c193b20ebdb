/** Lets those who wait for a change know that there was one. */
export class Changes {
  #watchers: (() => void)[] = []

  /** Resolved when something has changed, or `signal` is aborted. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const tell = () => {
        this.#watchers = this.#watchers.filter((watcher) => watcher !== tell)
        signal.removeEventListener('abort', tell)
        resolve()
      }
      this.#watchers.push(tell)
      signal.addEventListener('abort', tell, { once: true })
      if (signal.aborted) tell()
    })
  }

  tell(): void {
    for (const tell of this.#watchers.slice()) tell()
  }
}
