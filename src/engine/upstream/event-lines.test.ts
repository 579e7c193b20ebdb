import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventLines } from './event-lines.ts'

function read(bytes: Buffer, cuts: readonly number[]): string[] {
  const events: string[] = []
  const lines = new EventLines((data) => void events.push(data))
  let begin = 0
  for (const cut of [...cuts].map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b)) {
    lines.take(bytes.subarray(begin, cut))
    begin = cut
  }
  lines.take(bytes.subarray(begin))
  expect(lines.whole).toBe(true)
  return events
}

test('however the bytes are cut, the same events come out', () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ''))
  const data = fc.array(line, { minLength: 1, maxLength: 3 })
  const end = fc.constantFrom('\n', '\r\n')
  fc.assert(
    fc.property(fc.array(data), end, fc.array(fc.nat()), (events, end, cuts) => {
      const text = events.map((lines) => lines.map((each) => `data: ${each}${end}`).join('') + end).join('')
      expect(read(Buffer.from(text), cuts)).toEqual(events.map((lines) => lines.join('\n')))
    }),
  )
})

test('what has no end is noticed at a bound, in a line and over lines', () => {
  const endless = new EventLines(() => {})
  const results = Array.from({ length: 40 }, () => endless.take(Buffer.alloc(50_000, 'x')))
  expect(results).toContain(false)
  const lines = new EventLines(() => {})
  expect(
    Array.from({ length: 40 }, () => lines.take(Buffer.from(`data: ${'x'.repeat(50_000)}\n`))),
  ).toContain(false)
})
