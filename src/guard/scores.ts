/** What the layers that score have in common: the screen, the judge, a guard model. */
import type { Scores } from '../core/verdict.ts'

/** A piece of a conversation that is judged at once; what is longer than a layer reads comes in pieces. */
export interface Passage {
  /** What a person, a document or a tool wrote; the question, where `response` is judged. */
  readonly prompt: string
  /** What the model answered. Null when it is the prompt that is judged. */
  readonly response: string | null
}

/** For whom a passage is judged: what is judged for one shall not hold up what is judged for another. */
export interface Turn {
  /** Whose request it is, by the name under which engines share themselves out. */
  readonly account: string
  /** No question and no answer waits for it: its turn comes after those that do. */
  readonly later: boolean
}

/** A layer that scores passages. Scores are calibrated: of all with 0.8, four in five are harmful. @public */
export interface Scorer {
  /** `screen`, `judge` or the name of a guard model. */
  readonly name: string
  /** Throws when it cannot tell; whoever calls makes that `unavailable`, never `allow`. */
  score(passage: Passage, turn: Turn): Promise<Scores> | Scores
}
