const opening = '<think>'
const closing = '</think>'

/** An answer of a model that thinks aloud first, taken apart. */
export interface Thoughtful {
  /** Null when it does not think aloud. */
  readonly thoughts: string | null
  /** The thoughts are not at their end yet. */
  readonly thinking: boolean
  readonly answer: string
}

/** Reasoning models write their thoughts between `<think>` and `</think>`, at the very beginning. */
export function splitThoughts(text: string): Thoughtful {
  const start = text.trimStart()
  // Too early to tell: better nothing for a moment than a tag that vanishes.
  if (opening.startsWith(start)) return { thoughts: null, thinking: start !== '', answer: '' }
  if (!start.startsWith(opening)) return { thoughts: null, thinking: false, answer: text }
  const end = start.indexOf(closing)
  if (end === -1) return { thoughts: start.slice(opening.length).trim(), thinking: true, answer: '' }
  return {
    thoughts: start.slice(opening.length, end).trim(),
    thinking: false,
    answer: start.slice(end + closing.length).trimStart(),
  }
}
