import { expect, test } from 'vitest'
import { special, Unigram } from './unigram.ts'

const pieces = ['<s>', '<pad>', '</s>', '<unk>', '▁', 'a', 'b', 'ab', '▁ab', '▁a', 'c']
const scores = Float64Array.from([0, 0, 0, 0, -2, -3, -3, -4, -5, -4, -9])
const vocabulary = new Unigram(pieces, scores)
const cut = (text: string): string[] => vocabulary.encode(text, 100).map((place) => pieces[place] ?? '')

test('of all ways to cut a word the likeliest is taken', () => {
  expect(cut('ab')).toEqual(['▁ab'])
  expect(cut('aab')).toEqual(['▁a', 'ab'])
  expect(cut('ab  ab\n')).toEqual(['▁ab', '▁ab'])
})

test('what is unknown in a row is one unknown, also outside the basic plane', () => {
  expect(cut('a🙂🙂b')).toEqual(['▁a', '<unk>', 'b'])
  expect(vocabulary.encode('🙂', 100)).toEqual([4, special.unknown])
})

test('width, spaces and invisible characters do not matter', () => {
  expect(cut(' ａｂ\u200B\u00A0ab ')).toEqual(['▁ab', '▁ab'])
  expect(cut(' \n ')).toEqual([])
})

test('the names of special pieces in a text are letters, not special pieces', () => {
  expect(vocabulary.encode('<s>', 100)).not.toContain(special.begin)
})

test('beyond the most nothing is added', () => {
  expect(vocabulary.encode('ab '.repeat(50), 7)).toHaveLength(7)
})
