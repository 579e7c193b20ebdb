/**
 * The text of one answer as it grows: bytes of tokens become characters, stop strings are watched for, and the
 * probabilities of a token leave together with its text, so that nothing at or past a stop string leaks through them.
 */
import type { TokenLogprob } from '../../core/part.ts'
import { StopStrings } from './stop-strings.ts'
import { Utf8Assembler } from './utf8-assembler.ts'

/** A token's bytes; `text` when they are whole characters by themselves. */
export interface Piece {
  readonly bytes: Uint8Array
  readonly text: string | null
}

/** What may leave now. */
export interface Release {
  readonly text: string
  /** Tokens since the last release. */
  readonly tokens: number
  readonly logprobs: readonly TokenLogprob[] | null
}

/**
 * The text of one answer: `push` takes each token and returns what may be sent, `finish` returns the rest. Nothing
 * may be pushed once `stopped` is true.
 */
export class AnswerText {
  readonly #characters = new Utf8Assembler()
  readonly #stops: StopStrings
  /** Probabilities whose token's text is held back, with the length of all text before it; null when not asked for. */
  readonly #waiting: { readonly start: number; readonly logprob: TokenLogprob }[] | null
  #tokens = 0
  #madeLength = 0
  #releasedLength = 0
  #stopped = false

  constructor(stop: readonly string[], withLogprobs: boolean) {
    this.#stops = new StopStrings(stop)
    this.#waiting = withLogprobs ? [] : null
  }

  /** A stop string was met: the answer is complete, and nothing more may be pushed. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** The one that was met. */
  get stopString(): string | null {
    return this.#stops.met
  }

  /** Takes one token; what may leave now, or null when nothing may. */
  push(piece: Piece, logprob: TokenLogprob | null): Release | null {
    this.#tokens++
    if (logprob !== null) this.#waiting?.push({ start: this.#madeLength, logprob })
    return this.#take(
      piece.text !== null && this.#characters.idle ? piece.text : this.#characters.push(piece.bytes),
    )
  }

  /** All that is left, when the answer ends without a stop string. */
  finish(): Release | null {
    const last = this.#take(this.#characters.finish())
    if (this.#stopped) return last
    const text = (last?.text ?? '') + this.#stops.finish()
    const logprobs = this.#waiting && [
      ...(last?.logprobs ?? []),
      ...this.#waiting.map(({ logprob }) => logprob),
    ]
    const tokens = this.#tokens + (last?.tokens ?? 0)
    return text === '' && !logprobs?.length ? null : { text, tokens, logprobs }
  }

  #take(made: string): Release | null {
    this.#madeLength += made.length
    const { released, met } = this.#stops.push(made)
    this.#stopped = met
    this.#releasedLength += released.length
    const logprobs = this.#waiting && this.#releasedLogprobs(this.#waiting)
    if (released === '' && !logprobs?.length) return null
    const tokens = this.#tokens
    this.#tokens = 0
    return { text: released, tokens, logprobs }
  }

  /** Takes out those of tokens that begin before the end of what was released. */
  #releasedLogprobs(waiting: { readonly start: number; readonly logprob: TokenLogprob }[]): TokenLogprob[] {
    const held = waiting.findIndex(({ start }) => start >= this.#releasedLength)
    return waiting.splice(0, held === -1 ? waiting.length : held).map(({ logprob }) => logprob)
  }
}
