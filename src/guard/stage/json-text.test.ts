import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonBegins, jsonPiecesOf, jsonPlaceAt } from './json-text.ts'

/** The pieces of what `find` matches, as they are written. */
function taken(text: string, find: RegExp, final = true): string[] | null {
  const match = find.exec(text)
  const start = match?.index ?? 0
  const pieces = jsonPiecesOf(text, jsonBegins, { start, end: start + (match?.[0].length ?? 0) }, final)
  return pieces?.map((piece) => text.slice(piece.start, piece.end)) ?? null
}

describe('what is taken out of JSON', () => {
  test.each([
    ['within a string', '{"a":"to Ada now"}', /Ada/, ['Ada']],
    ['a number, whole', '{"a":-12.50}', /2\.5/, ['-12.50']],
    ['an escape, whole', String.raw`{"a":"x\u00e9y"}`, /e9y/, [String.raw`\u00e9y`]],
    ['behind a quote in a string', String.raw`{"a":"\"Ada\""}`, /Ada\\/, [String.raw`Ada\"`]],
    ['over names and values', '{"a b": 12, "c": ["d"]}', /b.*d/, ['b', '12', 'c', 'd']],
  ])('%s', (_name, text, find, expected) => {
    expect(taken(text, find)).toEqual(expected)
  })

  test('a number or an escape that may go on is not known yet', () => {
    expect(taken('{"a":12', /12/, false)).toBe(null)
    expect(taken('{"a":12', /12/)).toEqual(['12'])
    expect(taken(String.raw`{"a":"\u00e`, /e/, false)).toBe(null)
    expect(taken('{"a":"\\', /\\/, false)).toBe(null)
    expect(taken(String.raw`{"a":"\u00e9`, /e/, false)).toEqual([String.raw`\u00e9`])
  })

  test('wherever reading is broken off, it goes on as if it had not been', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), fc.nat(), fc.nat(), (text, cut, at) => {
        const until = cut % (text.length + 1)
        const span = { start: Math.max(until, at % text.length), end: text.length }
        const place = jsonPlaceAt(text, jsonBegins, until)
        expect(place.from).toBeLessThanOrEqual(until)
        expect(jsonPiecesOf(text, place, span, true)).toEqual(jsonPiecesOf(text, jsonBegins, span, true))
      }),
    )
  })
})
