import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { processorTime } from '../../../test/support/processor-time.ts'
import { StopStrings } from './stop-strings.ts'

/** What should leave, found by looking at every end in turn. */
function expected(text: string, stops: readonly string[]): { text: string; met: boolean } {
  for (let end = 1; end <= text.length; end++) {
    const ending = stops.filter((stop) => stop !== '' && text.slice(0, end).endsWith(stop))
    const longest = Math.max(0, ...ending.map((stop) => stop.length))
    if (longest > 0) return { text: text.slice(0, end - longest), met: true }
  }
  return { text, met: false }
}

function streamed(pieces: readonly string[], stops: readonly string[]): { text: string; met: boolean } {
  const subject = new StopStrings(stops)
  let text = ''
  for (const piece of pieces) {
    const { released, met } = subject.push(piece)
    text += released
    if (met) return { text, met }
  }
  return { text: text + subject.finish(), met: false }
}

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '😀'), maxLength: 30 })
const stopList = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 5 }), {
  maxLength: 4,
})

describe('stop strings', () => {
  test('cut at the same place however the text comes', () => {
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 10 }), stopList, (pieces, stops) => {
        expect(streamed(pieces, stops)).toEqual(expected(pieces.join(''), stops))
      }),
      { numRuns: 2000 },
    )
  })

  test('nothing that could be the beginning of one leaves before it is sure', () => {
    const subject = new StopStrings(['</answer>'])
    expect(subject.push('42</ans')).toEqual({ released: '42', met: false })
    expect(subject.push('umption')).toEqual({ released: '</ansumption', met: false })
    expect(subject.met).toBeNull()
    expect(subject.push('</')).toEqual({ released: '', met: false })
    expect(subject.push('answer> more')).toEqual({ released: '', met: true })
    expect(subject.met).toBe('</answer>')
  })

  test('text without any passes at once', () => {
    expect(new StopStrings([]).push('abc')).toEqual({ released: 'abc', met: false })
  })

  test('empty ones and halves of characters match nothing', () => {
    expect(streamed(['a😀b'], ['', '\uDE00', '\uD83D'])).toEqual({ text: 'a😀b', met: false })
  })

  test('long repetitive ones cost time in proportion to the text', () => {
    const stop = `${'a'.repeat(20_000)}b`
    const subject = new StopStrings([stop, stop.slice(1), stop.slice(2)])
    const taken = processorTime(() => {
      for (let index = 0; index < 1000; index++) subject.push('a'.repeat(100))
    })
    // 300,000 comparisons when linear, thousands of millions when not.
    expect(taken).toBeLessThan(2000)
  })
})
