import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../test/support/any-text.ts'
import type { Sha256 } from '../core/ids.ts'
import { displayPrefix, hashOf, looksLikeKey, looksLikeToken, newKeySecret, newLinkToken } from './secrets.ts'

test('keys have 256 random bits and are never the same', () => {
  const keys = Array.from({ length: 500 }, newKeySecret)
  for (const key of keys) expect(key).toMatch(/^elpis-[0-9A-Za-z]{49}$/)
  expect(new Set(keys).size).toBe(keys.length)
  // Every letter turns up in every place, about equally often: no place is fixed or skewed.
  for (let place = 0; place < 43; place++) {
    expect(new Set(keys.map((key) => key['elpis-'.length + place])).size).toBeGreaterThan(50)
  }
})

test('a key with one character mistyped, swapped or lost does not look like one', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 48 }),
      fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_ ✓\0'.split('')),
      (place, letter) => {
        const key: string = newKeySecret()
        const at = 'elpis-'.length + place
        const mistyped = key.slice(0, at) + letter + key.slice(at + 1)
        expect(looksLikeKey(key)).toBe(true)
        expect(looksLikeKey(mistyped)).toBe(mistyped === key)
        expect(looksLikeKey(key.slice(0, at) + key.slice(at + 1))).toBe(false)
      },
    ),
  )
})

test('whatever somebody sends as a key or a cookie is looked at without harm', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 300 }), (text) => {
      expect(looksLikeKey(text)).toBe(false)
      expect(looksLikeToken(text)).toBe(/^[A-Za-z0-9_-]{43}$/.test(text))
    }),
  )
  expect(looksLikeKey(`${newKeySecret()}\n`)).toBe(false)
  expect(looksLikeToken(`${newLinkToken()}\n`)).toBe(false)
  expect(looksLikeToken(newLinkToken())).toBe(true)
})

test('the prefix that is shown leaves nearly all of the key unknown', () => {
  const key = newKeySecret()
  expect(key.startsWith(displayPrefix(key))).toBe(true)
  expect(displayPrefix(key)).toHaveLength('elpis-'.length + 4)
})

test('secrets are kept as their SHA-256', () => {
  // FIPS 180-2, appendix B.1
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' as Sha256
  expect(hashOf('abc')).toBe(abc)
})
