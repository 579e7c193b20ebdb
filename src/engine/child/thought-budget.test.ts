import { expect, test } from 'vitest'
import { ThoughtBudget } from './thought-budget.ts'

const limit = { open: '<think>', close: '</think>', begun: false }
const closing = Int32Array.of(7, 8)

/** What comes of an answer whose model would say `words`: forced tokens by number. */
function said(budget: ThoughtBudget, words: readonly string[]): (string | number)[] {
  const output: (string | number)[] = []
  for (let next = 0; next < words.length;) {
    const { forced } = budget
    output.push(forced ?? words[next]!)
    budget.accept(forced === null ? words[next++]! : forced === 7 ? '</' : 'think>')
  }
  return output
}

test.each([
  ['a thought that is too long', 2, ['<think>', 'a', 'b', 'c', 'd'], ['<think>', 'a', 'b', 7, 8, 'c', 'd']],
  ['a thought within its budget', 3, ['\n', '<th', 'ink>', 'a', '</think>', 'b', 'c', 'd', 'e'], null],
  ['an answer without a thought', 0, ['Hi', '<think>', 'a', 'b'], null],
  ['no thought allowed', 0, ['<think>', 'a', 'b'], ['<think>', 7, 8, 'a', 'b']],
  ['a mark in pieces', 3, ['<think>', 'a', '</thi', 'nk>', 'b', 'c', 'd'], null],
])('%s', (_what, budget, words, expected) => {
  expect(said(new ThoughtBudget({ ...limit, budget }, closing), words)).toEqual(expected ?? words)
})

test('a thought that the prompt began counts from the first token', () => {
  expect(said(new ThoughtBudget({ ...limit, budget: 1, begun: true }, closing), ['a', 'b', 'c'])).toEqual([
    'a',
    7,
    8,
    'b',
    'c',
  ])
  expect(said(new ThoughtBudget({ ...limit, budget: 0, begun: true }, closing), ['a'])).toEqual([7, 8, 'a'])
})
