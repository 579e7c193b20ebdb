/** Messages from several sources to one reader, in the order in which they come. */
export class Mailbox<Message> {
  readonly #messages: Message[] = []
  #reader: ((message: Message) => void) | null = null

  put(message: Message): void {
    const reader = this.#reader
    if (reader === null) {
      this.#messages.push(message)
      return
    }
    this.#reader = null
    reader(message)
  }

  /** One reader at a time. */
  take(): Promise<Message> {
    const next = this.#messages.shift()
    return next === undefined
      ? new Promise((resolve) => {
          this.#reader = resolve
        })
      : Promise.resolve(next)
  }
}
