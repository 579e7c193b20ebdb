/** The loaded model's vocabulary: what each token is and the bytes it stands for. */
import koffi from 'koffi'
import type { Piece } from './answer-text.ts'
import type { Binding, Pointer } from './binding.ts'

/** `enum llama_token_attr`. */
export const tokenAttribute = {
  unknown: 1,
  control: 8,
  userDefined: 16,
  stripLeft: 128,
  stripRight: 256,
} as const

/** A token that is written in a template as one text, such as `<|im_end|>`. */
export interface ControlToken {
  readonly token: number
  readonly text: string
  /** White space before or after it belongs to it. */
  readonly stripLeft: boolean
  readonly stripRight: boolean
}

export interface VocabularyToken extends Piece {
  /** The model ends its turn with it. */
  readonly ends: boolean
}

const silent: Piece = { bytes: new Uint8Array(0), text: '' }

/** Reads what llama.cpp knows of the vocabulary (`llama_vocab_*`). Each token's bytes are read once and kept. */
export class Vocabulary {
  readonly size: number
  /** -1 when the model has none. */
  readonly beginning: number
  readonly end: number
  readonly separator: number
  /** The model wants its beginning-of-sequence token in front of every prompt. */
  readonly addsBeginning: boolean
  /** As a model for one whole text wants it around that. */
  readonly addsEnd: boolean
  readonly addsSeparator: boolean
  readonly controlTokens: readonly ControlToken[]
  /**
   * Tokens that the library finds in any text, and that the template gives a meaning, such as `<tool_call>`. Others of that kind,
   * runs of spaces or tags of HTML, are words like any.
   */
  readonly markTokens: readonly ControlToken[]
  /** Tokens that the model's author wants never sampled. */
  readonly suppressed: readonly number[]
  readonly #native: Binding
  readonly #pointer: Pointer
  readonly #tokens: (VocabularyToken | undefined)[]
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #buffer = new Uint8Array(256)

  /** @param template of its conversations; null when it has none */
  constructor(native: Binding, pointer: Pointer, template: string | null) {
    this.#native = native
    this.#pointer = pointer
    this.size = native.llama_vocab_n_tokens(pointer)
    this.beginning = native.llama_vocab_bos(pointer)
    this.end = native.llama_vocab_eos(pointer)
    this.separator = native.llama_vocab_sep(pointer)
    this.addsEnd = native.llama_vocab_get_add_eos(pointer)
    this.addsSeparator = this.separator >= 0 && native.llama_vocab_get_add_sep(pointer)
    this.addsBeginning = this.beginning >= 0 && native.llama_vocab_get_add_bos(pointer)
    this.suppressed = suppressedTokens(native, pointer)
    this.controlTokens = this.#found(tokenAttribute.control | tokenAttribute.unknown)
    this.markTokens = this.#found(tokenAttribute.userDefined).filter(({ text }) => isMark(text, template))
    this.#tokens = Array.from({ length: this.size }, () => undefined)
  }

  /** Read from the library once a token; control tokens have no bytes, so they never become text. */
  token(token: number): VocabularyToken {
    return (this.#tokens[token] ??= {
      ...this.#piece(token),
      ends: this.#native.llama_vocab_is_eog(this.#pointer, token),
    })
  }

  /** The token as the vocabulary spells it; empty when there is no such token. */
  spelling(token: number): string {
    return token < 0 ? '' : (this.#native.llama_vocab_get_text(this.#pointer, token) ?? '')
  }

  /** Tokens of plain text: control tokens in it stay text. */
  tokenize(text: string): Int32Array {
    return this.#tokensOf(text, false)
  }

  /** Tokens of a text that stands for itself, with the special ones that the model wants around it. */
  tokenizeWhole(text: string): Int32Array {
    return this.#tokensOf(text, true)
  }

  #tokensOf(text: string, whole: boolean): Int32Array {
    const bytes = Buffer.from(text, 'utf8')
    // No token is shorter than a byte; some tokenizers put a space in front.
    const tokens = new Int32Array(bytes.length + 8)
    const count = this.#native.llama_tokenize(
      this.#pointer,
      bytes,
      bytes.length,
      tokens,
      tokens.length,
      whole,
      false,
    )
    if (count < 0) throw new Error('the text has too many tokens')
    return tokens.subarray(0, count)
  }

  #piece(token: number): Piece {
    const length = this.#native.llama_token_to_piece(
      this.#pointer,
      token,
      this.#buffer,
      this.#buffer.length,
      0,
      false,
    )
    if (length < 0) {
      this.#buffer = new Uint8Array(-length)
      return this.#piece(token)
    }
    if (length === 0) return silent
    const bytes = this.#buffer.slice(0, length)
    try {
      return { bytes, text: this.#decoder.decode(bytes) }
    } catch {
      return { bytes, text: null }
    }
  }

  /** Those that have one of the attributes, and a spelling. */
  #found(wanted: number): ControlToken[] {
    const found: ControlToken[] = []
    for (let token = 0; token < this.size; token++) {
      const attributes = this.#native.llama_vocab_get_attr(this.#pointer, token)
      if ((attributes & wanted) === 0) continue
      const text = this.spelling(token)
      if (text === '') continue
      const stripLeft = (attributes & tokenAttribute.stripLeft) !== 0
      const stripRight = (attributes & tokenAttribute.stripRight) !== 0
      found.push({ token, text, stripLeft, stripRight })
    }
    return found
  }
}

/** Whether a token that is found in any text has a meaning to the template, and is no mere white space. */
export function isMark(text: string, template: string | null): boolean {
  return text.trim().length > 1 && template?.includes(text) === true
}

function suppressedTokens(native: Binding, pointer: Pointer): number[] {
  const count = new Int32Array(1)
  const address = native.llama_vocab_get_suppress_tokens(pointer, count)
  if (address === null || count[0]! <= 0) return []
  return [...new Int32Array(koffi.view(address, count[0]! * Int32Array.BYTES_PER_ELEMENT))]
}
