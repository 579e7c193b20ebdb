import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { linesOf } from './lines.ts'

async function* cut(content: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let start = 0
  for (const size of sizes) {
    yield content.subarray(start, start + size)
    start += size
  }
  yield content.subarray(start)
}

test('lines are the same however the file is cut; blank ones count but do not come', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', '\u{1F33B}', ' ', '\r', 'ü'), maxLength: 6 })
  const pieces = fc.array(fc.integer({ min: 0, max: 5 }))
  await fc.assert(
    fc.asyncProperty(fc.array(line), pieces, fc.integer({ min: 1, max: 20 }), async (lines, sizes, most) => {
      const found = await Array.fromAsync(linesOf(cut(Buffer.from(lines.join('\n')), sizes), most))
      const expected = lines.flatMap((text, number): [number, string | null][] => {
        const bytes = Buffer.from(text)
        if (bytes.length > most) return [[number, null]]
        return /^[ \t\r]*$/.test(text) ? [] : [[number, text]]
      })
      expect(found.map(({ number, bytes }) => [number, bytes?.toString() ?? null])).toEqual(expected)
    }),
  )
})

test('a line that goes on and on is passed over to its end', async () => {
  let given = 0
  async function* long() {
    while (given++ < 1000) yield Buffer.alloc(10_000, 'x')
    yield Buffer.from('\nlast')
  }
  const found = await Array.fromAsync(linesOf(long(), 1000))
  expect(found.map(({ number, bytes }) => [number, bytes?.toString()])).toEqual([
    [0, undefined],
    [1, 'last'],
  ])
})
