import { assert, property, stringMatching } from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../test/support/any-text.ts'
import { fileNameOf, isModelName, isPathSegment, nameFromFile, plainFileName, printable } from './names.ts'

test.for([
  '',
  '.',
  '..',
  'a/b',
  'A',
  'a:b:c',
  ':a',
  'a:',
  '-a',
  'a..b',
  'a b',
  'ä',
  'a\0',
  'a+b',
  'a'.repeat(200),
])('%j names no model', (name) => {
  expect(isModelName(name)).toBe(false)
  expect(() => fileNameOf(name)).toThrow(expect.objectContaining({ code: 'model_not_pulled' }))
})

test('two names never share a file, also where case is folded', () => {
  const name = stringMatching(/^[a-z0-9][a-z0-9._-]{0,5}(:[a-z0-9]{1,4})?$/).filter(isModelName)
  assert(
    property(name, name, (one, other) => {
      const same = fileNameOf(one).toLowerCase() === fileNameOf(other).toLowerCase()
      expect(same).toBe(one === other)
      expect(fileNameOf(one)).not.toMatch(/[/\\:]/)
    }),
  )
})

test('whatever a file is called, its name here is plain', () => {
  assert(
    property(anyText({ maxLength: 300 }), (name) => {
      expect(isModelName(nameFromFile(`${name}.gguf`))).toBe(true)
      expect(isPathSegment(plainFileName(`${name}.gguf`))).toBe(true)
      expect(printable(name)).toMatch(/^[\x20-\x7E]{0,120}$/)
    }),
    { numRuns: 1_000 },
  )
})

test('a split model is named without its part', () => {
  expect(nameFromFile('Big-Q4_K_M-00001-of-00003.gguf')).toBe('big-q4_k_m')
  expect(plainFileName('grün-00001-of-00003.gguf')).toBe('gr_n-00001-of-00003.gguf')
})
