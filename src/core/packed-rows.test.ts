import { expect, test } from 'vitest'
import { cellEnd, cellsOf, lastCells, numberIn, rowEnd, rowsOf } from './packed-rows.ts'

const text = [
  ['a', '1'],
  ['b', ''],
]
  .map((cells) => cells.join(cellEnd))
  .join(rowEnd)

test('rows come in their order, with all their cells', () => {
  expect(rowsOf({ text, count: 2 }).map((row) => cellsOf(row, ['name', 'number']))).toEqual([
    ['a', '1'],
    ['b', ''],
  ])
  expect(lastCells({ text, count: 2 })).toEqual(['b', ''])
  expect(['1', ''].map(numberIn)).toEqual([1, null])
})

test('no rows are none', () => {
  expect(rowsOf({ text: '', count: 0 })).toEqual([])
  expect(lastCells({ text: '', count: 0 })).toEqual([])
})

test('a text that ends a row or a cell before its end is refused', () => {
  expect(() => rowsOf({ text, count: 1 })).toThrow('1 rows were read, 2 were handed over.')
  expect(() => cellsOf(`a${cellEnd}b${cellEnd}c`, ['name', 'number'])).toThrow('A row has 3 cells, not 2.')
})
