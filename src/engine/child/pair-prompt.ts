/**
 * A query and a document as one sequence of tokens, for models that say how well the one answers the other: by the
 * template that the model brought along for it, else as its kind was trained (`format_prompt_rerank` in
 * `tools/server/server-common.cpp` of llama.cpp).
 */
import type { Segment } from '../protocol.ts'
import type { Tokenizer } from './tokenizer.ts'

/** What joining two texts needs of a vocabulary; tokens that it does not have are -1. */
export interface PairVocabulary {
  readonly beginning: number
  readonly end: number
  readonly separator: number
  readonly addsBeginning: boolean
  readonly addsEnd: boolean
  readonly addsSeparator: boolean
  tokenize(text: string): Int32Array
}

/** `tokens` gives the input of a cross-encoder for one query and one document. */
export class PairPrompt {
  readonly #vocabulary: PairVocabulary
  readonly #tokenizer: Tokenizer
  readonly #template: string | null

  /** @param template with `{query}` and `{document}` in it; null when the model has none. */
  constructor(vocabulary: PairVocabulary, tokenizer: Tokenizer, template: string | null) {
    this.#vocabulary = vocabulary
    this.#tokenizer = tokenizer
    this.#template = template
  }

  tokens(query: string, document: string): Int32Array {
    if (this.#template !== null)
      return this.#tokenizer.tokenize(filled(this.#template, { query, document }), false)
    const { beginning, end, separator, addsBeginning, addsEnd, addsSeparator } = this.#vocabulary
    const ending = end >= 0 ? end : separator
    const parts = [
      addsBeginning ? [beginning] : [],
      this.#vocabulary.tokenize(query),
      addsEnd ? [ending] : [],
      addsSeparator ? [separator] : [],
      this.#vocabulary.tokenize(document),
      // BERT ends every sequence with its separator, the second as well.
      addsEnd ? [ending] : addsSeparator ? [separator] : [],
    ]
    return Int32Array.from(parts.flatMap((part) => Array.from(part)))
  }
}

/** Only in the template itself are control tokens recognised. */
function filled(template: string, texts: Readonly<Record<string, string>>): Segment[] {
  return template
    .split(/\{(query|document)\}/)
    .map((stretch, index) =>
      index % 2 === 0 ? { text: stretch, control: true } : { text: texts[stretch] ?? '', control: false },
    )
}
