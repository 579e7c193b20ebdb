/**
 * What an answer may look like: a context-free grammar over characters. It travels with a job to the process of the
 * model, which chooses among those tokens only that keep the answer inside it.
 */
export type Rule =
  | { readonly kind: 'literal'; readonly text: string }
  /** One character out of ranges of code points, both ends included. */
  | { readonly kind: 'characters'; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: 'sequence'; readonly rules: readonly Rule[] }
  | { readonly kind: 'choice'; readonly rules: readonly Rule[] }
  /** `most` null: no bound. */
  | { readonly kind: 'repeat'; readonly rule: Rule; readonly least: number; readonly most: number | null }
  | { readonly kind: 'reference'; readonly name: string }
  /**
   * Any text in which none of these stands; all tokens may come. What follows usually begins with one of them. The end of
   * the turn may come where all that follows may be empty, as everywhere.
   */
  | { readonly kind: 'until'; readonly texts: readonly string[] }
  /**
   * One control token of the vocabulary by its spelling, such as `<|python_tag|>`: the same letters in other tokens do not
   * count. Where the vocabulary has no such control token it stands for its letters, as `literal` does.
   */
  | { readonly kind: 'token'; readonly text: string }

export interface Grammar {
  readonly root: Rule
  /** What `reference` names. Names are free; a rule may refer to itself, but not before it took a character. */
  readonly rules: Readonly<Record<string, Rule>>
}
