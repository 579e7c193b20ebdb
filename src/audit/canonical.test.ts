import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonical } from './canonical.ts'

test('says what JSON says, in one order', () => {
  const value = fc.jsonValue()
  fc.assert(
    fc.property(value, (any) => {
      expect(JSON.parse(canonical(any))).toEqual(JSON.parse(JSON.stringify(any)))
      expect(canonical(JSON.parse(canonical(any)))).toBe(canonical(any))
    }),
  )
  expect(canonical({ b: [1, { d: null, c: '"' }], a: undefined })).toBe('{"b":[1,{"c":"\\"","d":null}]}')
})
