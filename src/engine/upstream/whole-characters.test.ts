import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/support/any-text.ts'
import { WholeCharacters } from './whole-characters.ts'

test('however a text is cut between its code units, whole characters come out, and all of them', () => {
  fc.assert(
    fc.property(anyText(), fc.array(fc.nat()), (text, cuts) => {
      const whole = new WholeCharacters()
      const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length]
      const pieces = at.slice(1).map((end, index) => whole.take(text.slice(at[index], end)))
      expect(pieces.every((piece) => piece.isWellFormed())).toBe(true)
      expect(pieces.join('')).toBe(text.toWellFormed())
    }),
  )
})

test('half a character that nothing follows up does not come out as half', () => {
  const whole = new WholeCharacters()
  expect(whole.take('a\ud83d')).toBe('a')
  expect(whole.take('b')).toBe('\ufffdb')
})
