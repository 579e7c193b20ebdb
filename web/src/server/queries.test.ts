import { expect, test } from 'vitest'
import { modelsQuery } from './queries.ts'

test('only models that answer can be chosen for a chat', () => {
  const data = [
    { id: 'embeds', abilities: ['embed', 'rerank'] },
    { id: 'answers', abilities: ['generate'] },
    { id: 'ranks', abilities: ['rerank'] },
  ]
  expect(modelsQuery.select?.({ data })).toEqual(['answers'])
})
