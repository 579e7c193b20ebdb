/** What a guard model is to Elpis: how a passage is put to it, and how its verdict is read. One small file each. */
import type { Input } from '../../core/request.ts'
import type { Scores } from '../../core/verdict.ts'
import type { Passage } from '../scores.ts'

export interface GuardModel {
  /** As `guard.model` names it. */
  readonly name: string
  /** What the model is asked: a conversation for its own chat template, or a text that is written out here. */
  prompts(passage: Passage): readonly Input[]
  /** Most tokens of an answer. */
  readonly tokens: number
  /**
   * The verdict, from what was answered to each prompt, in order.
   *
   * @throws when it answered something else
   */
  read(answers: readonly Answered[], passage: Passage): Scores
}

/** What a guard model answered: its text, and for each token what else it could have been. */
export interface Answered {
  readonly text: string
  readonly tokens: readonly {
    readonly text: string
    readonly top: readonly { readonly text: string; readonly logprob: number }[]
  }[]
}

/**
 * How much of the probability of the first token that is one of two words lies on the second, 0 to 1. Words are compared
 * by their beginnings: "un" is the first token of "unsafe" where a vocabulary splits it.
 *
 * @param after only tokens behind this text count
 * @throws when neither word is near
 */
export function chanceOf(
  answer: Answered,
  { not, is, after = '' }: { not: string; is: string; after?: string },
): number {
  let before = ''
  for (const token of answer.tokens) {
    const here = after === '' || before.toLowerCase().includes(after.toLowerCase())
    before += token.text
    if (!here || token.text.trim() === '') continue
    const mass = (word: string) =>
      token.top.reduce((sum, { text, logprob }) => {
        const said = text.trim().toLowerCase()
        return said !== '' && word.startsWith(said) ? sum + Math.exp(logprob) : sum
      }, 0)
    const [yes, no] = [mass(is), mass(not)]
    if (yes + no > 0.02) return yes / (yes + no)
    // Not this token: something stands before the verdict, such as a quotation mark.
    if (/[\p{L}\p{N}]/u.test(token.text)) break
  }
  throw new Error('it answered neither of its words')
}

/** A conversation for a model whose own template holds its task. */
export function conversation({ prompt, response }: Passage): Input {
  const asked = { role: 'user', content: prompt } as const
  const messages = response === null ? [asked] : [asked, { role: 'assistant', content: response } as const]
  return { kind: 'chat', messages }
}
