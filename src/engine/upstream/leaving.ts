/**
 * One signal for whatever ends an exchange early. Unlike `AbortSignal.any` it lets go of its causes when it is closed, which
 * costs a tenth and leaves nothing behind at those that live as long as the server.
 */
export class Leaving implements Disposable {
  readonly #controller = new AbortController()
  readonly #causes: readonly AbortSignal[]
  readonly #leave = (event: Event) => this.#controller.abort((event.target as AbortSignal).reason)

  constructor(...causes: readonly AbortSignal[]) {
    this.#causes = causes
    for (const cause of causes) {
      if (cause.aborted) this.#controller.abort(cause.reason)
      else cause.addEventListener('abort', this.#leave)
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    for (const cause of this.#causes) cause.removeEventListener('abort', this.#leave)
  }
}
