/** Turns the text of one answer into parts: what is thought, what is said, what is called. */
import type { Part, TokenLogprob } from '../../core/part.ts'
import type { Found, Reading, Scanner } from './scanner.ts'

/** What the process of a model said of an answer. */
export interface Written {
  readonly text: string
  readonly tokens: number
  readonly logprobs: readonly TokenLogprob[] | null
}

export interface AnswerReaderOptions {
  readonly choice: number
  readonly scanner: Scanner
  readonly reading: Reading
  readonly newCallId: () => string
}

/** Tokens of a piece of text that no part has told of yet. */
interface Pending extends Omit<Written, 'text'> {
  /** Where its text begins in the whole answer. */
  readonly start: number
}

/**
 * Reads one choice: `push` takes its text as the engine writes it, `finish` the end; both return the parts that are
 * certain by then, with the tokens and probabilities that belong to each.
 */
export class AnswerReader {
  readonly #options: AnswerReaderOptions
  readonly #pending: Pending[] = []
  #length = 0
  #call = -1
  #reasoningTokens = 0
  #parts: Part[] = []

  constructor(options: AnswerReaderOptions) {
    this.#options = options
  }

  /** Tokens of thoughts so far, their marks included. */
  get reasoningTokens(): number {
    return this.#reasoningTokens
  }

  /** At least one tool call was read. */
  get called(): boolean {
    return this.#call >= 0
  }

  push({ text, tokens, logprobs }: Written): Part[] {
    this.#pending.push({ start: this.#length, tokens, logprobs })
    this.#length += text.length
    this.#options.scanner.push(text)
    return this.#read()
  }

  /** All that is left, when the answer has come to its end. */
  finish(): Part[] {
    const { scanner } = this.#options
    scanner.end()
    const parts = this.#read()
    // Probabilities of tokens without text, or of marks at the very end.
    const { tokens, logprobs } = this.#tokensUpTo(Infinity, this.#length)
    if (logprobs !== null && logprobs.length > 0) parts.push(this.#text('', tokens, logprobs))
    return parts
  }

  #read(): Part[] {
    const { reading } = this.#options
    for (let step = reading.next(); step.done !== true && step.value !== null; step = reading.next())
      this.#tell(step.value)
    const parts = this.#parts
    this.#parts = []
    return parts
  }

  #tell(found: Found): void {
    const { choice, scanner, newCallId } = this.#options
    if (found.type === 'call') {
      // Its tokens are told with its arguments.
      const call = ++this.#call
      this.#parts.push({ type: 'tool-call-start', choice, call, id: newCallId(), name: found.name })
      return
    }
    const end = scanner.position
    const isText = found.type === 'text' || found.type === 'thought'
    const { tokens, logprobs } = this.#tokensUpTo(end, isText ? end - found.text.length : end)
    switch (found.type) {
      case 'text':
        this.#parts.push(this.#text(found.text, tokens, logprobs))
        break
      case 'thought':
        this.#reasoningTokens += tokens
        this.#parts.push({ type: 'reasoning-delta', choice, text: found.text, tokens, logprobs })
        break
      case 'arguments':
        this.#parts.push({
          type: 'tool-call-delta',
          choice,
          call: this.#call,
          arguments: found.text,
          tokens,
        })
        break
      default:
        found satisfies never
    }
  }

  #text(text: string, tokens: number, logprobs: readonly TokenLogprob[] | null): Part {
    return { type: 'text-delta', choice: this.#options.choice, text, tokens, logprobs }
  }

  /**
   * The tokens of everything that begins before `end`; probabilities only of what begins at `from` or later: what stands
   * before it was a mark.
   */
  #tokensUpTo(end: number, from: number): { tokens: number; logprobs: TokenLogprob[] | null } {
    let tokens = 0
    let logprobs: TokenLogprob[] | null = null
    while (this.#pending[0] !== undefined && this.#pending[0].start < end) {
      const next = this.#pending.shift()!
      tokens += next.tokens
      if (next.logprobs === null) continue
      logprobs ??= []
      if (next.start >= from) logprobs.push(...next.logprobs)
    }
    return { tokens, logprobs }
  }
}
