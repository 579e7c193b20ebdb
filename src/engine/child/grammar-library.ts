/** The grammars of a loaded model: its vocabulary as a tree, made when first needed, and grammars that were used lately. */
import { RecentMap } from '../../core/recent-map.ts'
import type { Grammar } from '../grammar/grammar.ts'
import { MaskStore } from './mask-store.ts'
import { type GrammarVocabulary, TokenGrammar } from './token-grammar.ts'
import { TokenTree, type TreeToken } from './token-tree.ts'
import type { Vocabulary } from './vocabulary.ts'

const mostGrammars = 50
/** Letters of kept grammars in all. */
const mostLetters = 20_000_000
const mostMaskBytes = 64 * 1024 * 1024

type Known = Pick<Vocabulary, 'size' | 'token' | 'controlTokens'>

/**
 * `open` makes a grammar for this vocabulary or finds it among those used last.
 *
 * @throws GrammarTooAmbiguous, GrammarTooLarge from `open`, when even the beginning cannot be followed
 */
export class GrammarLibrary {
  readonly #vocabulary: Known
  readonly #grammars = new RecentMap<string, TokenGrammar>({
    entries: mostGrammars,
    weight: mostLetters,
    weightOf: (_, key) => key.length,
  })
  readonly #masks = new MaskStore(mostMaskBytes)
  #known: GrammarVocabulary | null = null

  constructor(vocabulary: Known) {
    this.#vocabulary = vocabulary
  }

  /** Does now what the first grammar would have to wait for. */
  prepare(): void {
    this.#known ??= grammarVocabulary(this.#vocabulary)
  }

  open(grammar: Grammar): TokenGrammar {
    const key = JSON.stringify(grammar)
    const opened = this.#grammars.use(key)
    if (opened !== undefined) return opened
    const known = (this.#known ??= grammarVocabulary(this.#vocabulary))
    const made = new TokenGrammar(grammar, known, this.#masks)
    // What cannot even be begun is refused now.
    made.start()
    this.#grammars.set(key, made)
    return made
  }
}

/**
 * A vocabulary sorted for grammars: tokens with bytes as a tree, tokens that end the turn, and control tokens, which
 * have no bytes and are found by their spelling. Looks at every token, so it is made once a model.
 */
export function grammarVocabulary(vocabulary: Known): GrammarVocabulary {
  const { size, controlTokens } = vocabulary
  const withBytes: TreeToken[] = []
  const controls: number[] = []
  const ends: number[] = []
  for (let token = 0; token < size; token++) {
    const { bytes, ends: isEnd } = vocabulary.token(token)
    if (isEnd) ends.push(token)
    else if (bytes.length > 0) withBytes.push({ token, bytes })
    else controls.push(token)
  }
  const spellings = new Map(controlTokens.map(({ token, text }) => [token, text]))
  const bySpelling = new Map(controlTokens.map(({ token, text }) => [text, token]))
  return {
    size,
    tree: new TokenTree(withBytes),
    controls,
    ends,
    bytes: (token) => vocabulary.token(token).bytes,
    isEnd: (token) => vocabulary.token(token).ends,
    spelling: (token) => spellings.get(token) ?? '',
    controlToken: (text) => bySpelling.get(text) ?? null,
  }
}
