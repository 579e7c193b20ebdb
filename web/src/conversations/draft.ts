/** A draft longer than this (characters) is not kept over a reload: it would crowd out everybody else's. */
const longest = 100_000

/** What was typed and not sent, kept over reloads; one a conversation, and one for the new chat. */
export class Drafts {
  readonly #prefix: string

  constructor(scope: string) {
    this.#prefix = `elpis.draft:${scope}:`
  }

  read(conversation: string | null): string {
    try {
      return localStorage.getItem(this.#name(conversation)) ?? ''
    } catch {
      return ''
    }
  }

  write(conversation: string | null, text: string): void {
    try {
      if (text === '' || text.length > longest) localStorage.removeItem(this.#name(conversation))
      else localStorage.setItem(this.#name(conversation), text)
    } catch {
      // A full or forbidden store costs the draft at the next reload, nothing now.
    }
  }

  #name(conversation: string | null): string {
    return `${this.#prefix}${conversation ?? 'new'}`
  }
}
