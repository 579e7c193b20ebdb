/** A piece of a line of code with its colour: the name of a class `token-…`, or null for plain text. */
export interface Token {
  readonly text: string
  readonly kind: string | null
}

/** What the page asks its highlighting worker, and what comes back (null: not possible). */
export interface HighlightJob {
  readonly id: number
  readonly code: string
  readonly language: string
}
export interface HighlightResult {
  readonly id: number
  readonly lines: readonly (readonly Token[])[] | null
}
