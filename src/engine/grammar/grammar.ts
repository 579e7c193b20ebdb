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
  /** Any text, up to and without the first of these; all tokens may come, the model's end of turn as well. */
  | { readonly kind: 'until'; readonly texts: readonly string[] }
  /** One token of the vocabulary by its spelling, such as `<|python_tag|>`: no other spelling of it counts. */
  | { readonly kind: 'token'; readonly text: string }

export interface Grammar {
  readonly root: Rule
  readonly rules: Readonly<Record<string, Rule>>
}
