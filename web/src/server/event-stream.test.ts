import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEvents } from './event-stream.ts'

function streamOf(chunks: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

const read = (text: string) => Array.fromAsync(readEvents(streamOf([new TextEncoder().encode(text)])))

describe('server-sent events', () => {
  test.each([
    ['data: one\n\ndata: two\n\n', ['one', 'two']],
    ['data:one\r\rdata:two\r\r', ['one', 'two']],
    [': a comment\n\nevent: x\nid: 1\ndata: one\n\n', ['one']],
    ['data: one\ndata: more\n\n', ['one\nmore']],
    ['data:  kept space\n\n', [' kept space']],
    ['data: cut off\n', []],
  ])('%j are %j', async (text, events) => {
    expect(await read(text)).toEqual(events)
  })

  test('are the same, however the bytes are cut', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'é', '🙂', '"', ' ', ':'), { maxLength: 12 })
      .map((all) => all.join(''))
    const ending = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 5 }),
        ending,
        fc.array(fc.nat(200)),
        async (data, end, cuts) => {
          const bytes = new TextEncoder().encode(data.map((one) => `data: ${one}${end}${end}`).join(''))
          const places = [
            0,
            ...cuts.filter((cut) => cut < bytes.length).sort((one, other) => one - other),
            bytes.length,
          ]
          const chunks = places.slice(1).map((place, index) => bytes.slice(places[index], place))
          expect(await Array.fromAsync(readEvents(streamOf(chunks)))).toEqual(data)
        },
      ),
    )
  })

  test('without an end are refused before they fill the memory', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(1_000_000))
    const endless = streamOf(Array.from({ length: 10 }, () => chunk))
    await expect(Array.fromAsync(readEvents(endless))).rejects.toThrow(RangeError)
  })
})
