/** Any answer that an engine may give to one choice, for properties of what is made of it. */
import * as fc from 'fast-check'
import type { Part } from '../../src/core/part.ts'

const piece = fc.string({ unit: 'grapheme', maxLength: 4 })
const spoken = fc.oneof(
  piece.map((text): Part[] => [{ type: 'text-delta', choice: 0, text, tokens: 1, logprobs: null }]),
  piece.map((text): Part[] => [{ type: 'reasoning-delta', choice: 0, text, tokens: 1, logprobs: null }]),
)
const call = fc
  .record({
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    given: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
    cuts: fc.array(fc.nat(40), { maxLength: 4 }),
  })
  .map(({ name, given, cuts }) => ({ name, pieces: split(JSON.stringify(given), cuts) }))

export const answerParts: fc.Arbitrary<Part[]> = fc
  .record({
    said: fc.array(spoken, { maxLength: 8 }),
    calls: fc.array(call, { maxLength: 3 }),
    end: fc.constantFrom<Part[]>(
      { type: 'finish', choice: 0, reason: 'stop' },
      { type: 'finish', choice: 0, reason: 'stop', stopString: 'END' },
      { type: 'finish', choice: 0, reason: 'length' },
      { type: 'finish', choice: 0, reason: 'tool_calls' },
    ),
    cached: fc.nat(5),
  })
  .map(({ said, calls, end, cached: cachedTokens }) =>
    [{ type: 'start', promptTokens: 7, cachedTokens } as Part].concat(
      said.flat(),
      calls.flatMap(({ name, pieces }, index) => callParts(name, pieces, index)),
      end,
      { type: 'usage', usage: { promptTokens: 7, cachedTokens, outputTokens: 9, reasoningTokens: 0 } },
    ),
  )

function callParts(name: string, pieces: readonly string[], call: number): Part[] {
  return [
    { type: 'tool-call-start', choice: 0, call, id: `call_${call}`, name },
    ...pieces.map((text): Part => ({ type: 'tool-call-delta', choice: 0, call, arguments: text, tokens: 1 })),
  ]
}

function split(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length].toSorted((a, b) => a - b)
  return places.slice(1).map((place, index) => text.slice(places[index], place))
}
