import { expect, test } from 'vitest'
import { readAhead, type Page } from './read-ahead.ts'

interface Numbered extends Page {
  readonly number: number
}

const pageAfter = (after: Numbered | null): Numbered => {
  const number = (after?.number ?? 0) + 1
  return { number, more: number < 4 }
}

test('the next page is asked for before one is taken in', async () => {
  const happened: string[] = []
  await readAhead<Numbered>({
    ask: async (after) => {
      const page = pageAfter(after)
      happened.push(`ask ${page.number}`)
      return page
    },
    take: ({ number }) => happened.push(`take ${number}`),
    changes: () => 0,
  })
  expect(happened).toEqual(['ask 1', 'ask 2', 'take 1', 'ask 3', 'take 2', 'ask 4', 'take 3', 'take 4'])
})

test('a page from before a change is asked for again, and none is left out or taken in twice', async () => {
  let changes = 0
  const asked: number[] = []
  const taken: number[] = []
  await readAhead<Numbered>({
    ask: async (after) => {
      const page = pageAfter(after)
      asked.push(page.number)
      // While the third is on its way, the first time.
      if (page.number === 3 && changes === 0) queueMicrotask(() => changes++)
      return page
    },
    take: ({ number }) => taken.push(number),
    changes: () => changes,
  })
  expect(taken).toEqual([1, 2, 3, 4])
  expect(asked).toEqual([1, 2, 3, 3, 4])
})
