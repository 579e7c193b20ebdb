/**
 * Llama 3.1 to 3.3: a JSON object with `parameters`, bare or after `<|python_tag|>`; some models write several with
 * semicolons between them. https://www.llama.com/docs/model-cards-and-prompt-formats/llama3_1/
 */
import type { CallForm } from './dialect.ts'
import { objectCallRule, readObjectCall } from './object-calls.ts'

const tag = '<|python_tag|>'

export const llamaCalls: CallForm = {
  starts: [tag],
  marks: [],
  bare: '{',
  *read(scanner, toolNamed) {
    yield* scanner.takes(tag)
    yield* scanner.space()
    if (!(yield* readObjectCall(scanner, toolNamed))) return false
    for (;;) {
      yield* scanner.space()
      scanner.keep()
      if (!(yield* scanner.takes(';'))) break
      yield* scanner.space()
      if (!(yield* readObjectCall(scanner, toolNamed))) {
        const text = scanner.undone()
        if (text !== '') yield { type: 'text', text }
        return true
      }
    }
    scanner.commit()
    return true
  },
  // The templates take one call a turn.
  rule: ({ tools }) => objectCallRule(tools, 'parameters'),
}
