import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../../../test/support/any-text.ts'
import { incompleteTail, Utf8Assembler } from './utf8-assembler.ts'

/** Bytes of text, of noise, and of both mixed: cut characters, overlong forms, surrogates. */
const bytes = fc
  .array(
    fc.oneof(
      anyText().map((text) => Array.from(new TextEncoder().encode(text))),
      fc.array(fc.constantFrom(0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xff, 0x41)),
    ),
  )
  .map((parts) => Uint8Array.from(parts.flat()))

function assembled(pieces: readonly Uint8Array[]): string[] {
  const assembler = new Utf8Assembler()
  return [...pieces.map((piece) => assembler.push(piece)), assembler.finish()]
}

describe('UTF-8 assembly', () => {
  test('gives the same text however the bytes are split', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(12)), (all, sizes) => {
        const pieces: Uint8Array[] = []
        let at = 0
        for (const size of sizes) pieces.push(all.subarray(at, (at += size)))
        pieces.push(all.subarray(at))
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(all)
        expect(assembled(pieces).join('')).toBe(whole)
      }),
      { numRuns: 1000 },
    )
  })

  test('never gives half a character', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const pieces = [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte))
        const parts = assembled(pieces)
        expect(parts.join('')).toBe(text)
        for (const part of parts) expect(part.isWellFormed()).toBe(true)
      }),
    )
  })

  test('waits for the rest of a character, and replaces it when nothing comes', () => {
    const assembler = new Utf8Assembler()
    expect(assembler.push(Uint8Array.of(0x68, 0xf0, 0x9f))).toBe('h')
    expect(assembler.idle).toBe(false)
    expect(assembler.push(Uint8Array.of(0x98, 0x80))).toBe('😀')
    expect(assembler.idle).toBe(true)
    expect(assembler.push(Uint8Array.of(0xe2, 0x82))).toBe('')
    expect(assembler.finish()).toBe('\uFFFD')
  })

  test('does not wait for what cannot become a character', () => {
    expect(incompleteTail(Uint8Array.of(0xe0, 0x80))).toBe(0)
    expect(incompleteTail(Uint8Array.of(0xc0))).toBe(0)
    expect(incompleteTail(Uint8Array.of(0xf5))).toBe(0)
    expect(incompleteTail(Uint8Array.of(0xf0, 0x90, 0x80))).toBe(3)
  })

  test('keeps a byte order mark: it is text here', () => {
    expect(assembled([Uint8Array.of(0xef, 0xbb, 0xbf)]).join('')).toBe('\uFEFF')
  })
})
