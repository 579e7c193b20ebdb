import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TokenLogprob } from '../../core/part.ts'
import { AnswerText, type Piece, type Release } from './answer-text.ts'

const encoder = new TextEncoder()
const piece = (text: string): Piece => ({ bytes: encoder.encode(text), text })
const bytesOnly = (...bytes: number[]): Piece => ({ bytes: Uint8Array.from(bytes), text: null })
const logprob = (token: number): TokenLogprob => ({ token, bytes: [], logprob: -1, top: [] })
const none: Piece = { bytes: new Uint8Array(0), text: '' }

describe('answer text', () => {
  test('pieces with half characters are joined with whole ones', () => {
    const answer = new AnswerText([], false)
    expect(answer.push(piece('a'), null)).toEqual({ text: 'a', tokens: 1, logprobs: null })
    expect(answer.push(bytesOnly(0xe2, 0x82), null)).toBeNull()
    expect(answer.push(bytesOnly(0xac), null)).toEqual({ text: '€', tokens: 2, logprobs: null })
    expect(answer.finish()).toBeNull()
  })

  test('what waits comes out at the end', () => {
    const answer = new AnswerText(['xyz'], false)
    expect(answer.push(piece('ax'), null)?.text).toBe('a')
    expect(answer.push(bytesOnly(0xe2), null)).toBeNull()
    expect(answer.finish()).toEqual({ text: 'x\uFFFD', tokens: 1, logprobs: null })
  })

  test('a stop string over several tokens ends it, and neither text nor probabilities past it leave', () => {
    const answer = new AnswerText(['STOP'], true)
    const released: (Release | null)[] = []
    for (const [token, text] of ['say ', 'S', 'T', 'OPher'].entries()) {
      released.push(answer.push(piece(text), logprob(token)))
    }
    expect(answer.stopped).toBe(true)
    expect(released.map((release) => release?.text ?? '').join('')).toBe('say ')
    expect(released.flatMap((release) => release?.logprobs?.map(({ token }) => token) ?? [])).toEqual([0])
  })

  test('the token in which a stop string begins is reported, for part of it is seen', () => {
    const answer = new AnswerText(['END'], true)
    expect(answer.push(piece('a cat EN'), logprob(1))?.logprobs?.length).toBe(1)
    expect(answer.push(piece('D'), logprob(2))).toBeNull()
    expect(answer.stopped).toBe(true)
  })

  test('every token is counted once and its probability leaves once, in order', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), maxLength: 4 }), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(texts, fc.array(fc.constantFrom('aab', 'ba', '😀b'), { maxLength: 2 }), (pieces, stops) => {
        const answer = new AnswerText(stops, true)
        const released: Release[] = []
        const keep = (release: Release | null) => {
          if (release !== null) released.push(release)
        }
        for (const [token, text] of pieces.entries()) {
          if (!answer.stopped) keep(answer.push(text === '' ? none : piece(text), logprob(token)))
        }
        const stopped = answer.stopped
        if (!stopped) keep(answer.finish())
        const tokens = released.flatMap((release) => release.logprobs?.map(({ token }) => token) ?? [])
        expect(tokens).toEqual([...tokens.keys()])
        if (stopped) return
        expect(tokens.length).toBe(pieces.length)
        expect(released.map(({ text }) => text).join('')).toBe(pieces.join(''))
        expect(released.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(pieces.length)
      }),
    )
  })
})
