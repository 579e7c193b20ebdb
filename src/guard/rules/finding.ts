/** What a rule found in a text, and where. Offsets are UTF-16 units of the text, `end` exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Something that looks for one kind of thing in a text, in time linear in its length. */
export interface Detector {
  /** As it stands in place of what is taken out: `[removed: e-mail]`. */
  readonly name: string
  /** @param final no more will follow: what stands at the end is whole */
  find(text: string, final: boolean): Iterable<Span>
  /**
   * Where at the end of an unfinished text something may have begun that more text would complete; the length of the
   * text when nothing has. What stands before is settled: more text changes nothing about it.
   */
  openFrom(text: string): number
}
