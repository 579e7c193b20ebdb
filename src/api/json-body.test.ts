import { isUtf8 } from 'node:buffer'
import { array, assert, json, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from './json-body.ts'

function outcomeOf(bytes: Buffer): string {
  try {
    parseJson(bytes)
    return 'read'
  } catch (error) {
    return (error as { code: string }).code
  }
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}

describe('parseJson', () => {
  test('reads any JSON that is not too deep, and nothing cut short', () => {
    assert(
      property(json({ maxDepth: 10 }), nat(), (text, at) => {
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text))
        const cut = Buffer.from(text).subarray(0, at % Buffer.byteLength(text))
        expect(outcomeOf(cut)).toBe(isJson(cut) ? 'read' : 'invalid_request')
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
        const given = Buffer.from(bytes)
        expect(outcomeOf(given)).toBe(isJson(given) && isUtf8(given) ? 'read' : 'invalid_request')
      }),
    )
    expect(() => parseJson(Buffer.from([0x22, 0xc3, 0x22]))).toThrow(/not UTF-8/)
    expect(() => parseJson(Buffer.from('{"key": secret}'))).toThrow(/^(?!.*secret)/)
  })
})
