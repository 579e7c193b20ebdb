import { expect, test } from 'vitest'
import { settings } from '../config.ts'
import { checkFits, freeMemory, memoryBudget } from './model-memory.ts'

const model = (id: string, bytes: number, pinned = false) => ({ id, bytes, pinned })

test('a model that is too big alone is refused with both numbers', () => {
  expect(() => checkFits([model('small', 5e9), model('big', 20e9)], 16e9)).toThrow(
    expect.objectContaining({
      code: 'model_does_not_fit',
      message: 'The model "big" needs 20.0 GB of memory, and 16.0 GB may be taken.',
    }) as Error,
  )
})

test('models that fit one at a time are not refused, but each must fit beside what is pinned', () => {
  checkFits([model('a', 10e9), model('b', 10e9)], 16e9)
  expect(() => checkFits([model('a', 10e9, true), model('b', 10e9)], 16e9)).toThrow(
    'needs 10.0 GB of memory, and 16.0 GB may be taken, of which models that are pinned take 10.0 GB.',
  )
  expect(() => checkFits([model('a', 10e9, true), model('b', 10e9, true)], 16e9)).toThrow('other models')
})

test('the budget is what is set, else a part of what is free', () => {
  const { engine } = settings.parse({})
  expect(memoryBudget({ ...engine, memory: 1024 })).toBe(1024 * 1024 * 1024)
  const free = freeMemory()
  expect(free).toBeGreaterThan(50_000_000)
  expect(memoryBudget(engine) / free).toBeGreaterThan(0.7)
  expect(memoryBudget(engine) / free).toBeLessThan(1.1)
})
