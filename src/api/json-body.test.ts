import { array, assert, json, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from './json-body.ts'

describe('parseJson', () => {
  test('reads any JSON that is not too deep, and nothing cut short', () => {
    assert(
      property(json({ maxDepth: 10 }), nat(), (text, at) => {
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text))
        const cut = Buffer.from(text).subarray(0, at % Buffer.byteLength(text))
        try {
          JSON.parse(cut.toString())
        } catch {
          expect(() => parseJson(cut)).toThrow(/not valid JSON/)
        }
      }),
    )
  })

  test('counts depth, not brackets', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(() => parseJson(Buffer.from(nested(64)))).not.toThrow()
    expect(() => parseJson(Buffer.from(nested(65)))).toThrow(/deeper than 64/)
    expect(() => parseJson(Buffer.from('{"a":'.repeat(65)))).toThrow(/deeper than 64/)
    expect(parseJson(Buffer.from(JSON.stringify('[{'.repeat(1000) + '\\"[')))).toHaveLength(2003)
    expect(parseJson(Buffer.from(`[${'[],'.repeat(500)}[]]`))).toHaveLength(501)
  })

  test('refuses bytes that are not UTF-8, and never repeats what it read', () => {
    assert(
      property(array(nat(255), { minLength: 1, maxLength: 20 }), (bytes) => {
        try {
          parseJson(Buffer.from(bytes))
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_request' })
        }
      }),
    )
    expect(() => parseJson(Buffer.from([0x22, 0xc3, 0x22]))).toThrow(/not UTF-8/)
    expect(() => parseJson(Buffer.from('{"key": secret}'))).toThrow(/^(?!.*secret)/)
  })
})
