import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test.each([
  ['shw', ['check', 'show'], 'show'],
  ['PULL', ['pull', 'models'], 'pull'],
  ['temprature', ['temperature', 'top_p'], 'temperature'],
  ['completely-different', ['show', 'check'], null],
  ['x', [], null],
])('%s among %j is %s', (typed, names, expected) => {
  expect(nearest(typed, names)).toBe(expected)
})
