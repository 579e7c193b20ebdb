import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { atEndOfTurn } from './end-of-turn.ts'

test('what is left for the end of a turn is done then, in order and before what comes later', async () => {
  const done: string[] = []
  atEndOfTurn(() => {
    done.push('first')
    process.nextTick(() => done.push('after all'))
    atEndOfTurn(() => done.push('next turn'))
  })
  atEndOfTurn(() => done.push('second'))
  expect(done).toEqual([])
  await turn()
  expect(done).toEqual(['first', 'second', 'after all'])
  await turn()
  expect(done).toEqual(['first', 'second', 'after all', 'next turn'])
})

test('what throws takes nothing else with it', async () => {
  const usual = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const thrown: unknown[] = []
  process.on('uncaughtException', (error) => void thrown.push(error))
  const done: string[] = []
  const fault = new Error('a fault')
  try {
    atEndOfTurn(() => done.push('first'))
    atEndOfTurn(() => {
      throw fault
    })
    atEndOfTurn(() => done.push('last'))
    await turn()
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of usual) process.on('uncaughtException', listener)
  }
  expect(done).toEqual(['first', 'last'])
  expect(thrown).toEqual([fault])
})
