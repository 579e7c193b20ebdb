/** What of an answer's text means something, in the tokens of a vocabulary. */
import type { AnswerMarks, ThoughtLimit } from '../protocol.ts'
import { ThoughtBudget } from './thought-budget.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { Vocabulary, VocabularyToken } from './vocabulary.ts'

/** For all answers to one request. */
export interface TokenMarks {
  /** Control tokens that are part of the text, unlike others. */
  readonly spelled: ReadonlyMap<number, VocabularyToken>
  readonly thought: { readonly limit: ThoughtLimit; readonly closing: Int32Array } | null
}

export const noMarks: TokenMarks = { spelled: new Map(), thought: null }

/**
 * Finds the marks of a dialect in a vocabulary: which control tokens are spelled out in the answer, and the tokens
 * that close a thought at its limit. A mark that is no control token is left out; its text comes as any other.
 */
export function tokenMarks(
  marks: AnswerMarks | undefined,
  vocabulary: Pick<Vocabulary, 'controlTokens' | 'token'>,
  tokenizer: Pick<Tokenizer, 'tokenize'>,
): TokenMarks {
  if (marks === undefined) return noMarks
  const { spelled, thought } = marks
  const texts = new Set(spelled)
  const found = vocabulary.controlTokens.filter(({ text }) => texts.has(text))
  return {
    spelled: new Map(
      found.map(({ token, text }) => {
        const { ends } = vocabulary.token(token)
        return [token, { bytes: Buffer.from(text), text, ends }]
      }),
    ),
    thought: thought && {
      limit: thought,
      closing: tokenizer.tokenize([{ text: thought.close, control: true }], false),
    },
  }
}

/** One for each answer. */
export function newThoughtBudget({ thought }: TokenMarks): ThoughtBudget | null {
  return thought === null ? null : new ThoughtBudget(thought.limit, thought.closing)
}
