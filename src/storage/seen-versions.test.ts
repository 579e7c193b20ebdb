import { expect, test } from 'vitest'
import type { Topic } from '../core/changes.ts'
import { SeenVersions } from './seen-versions.ts'

const access = (version: number) => new Map<Topic, number>([['access', version]])
const own = (first: number, last = first) => new Map([['access' as const, { first, last }]])

test('the first look tells nothing, later ones what others changed', () => {
  const seen = new SeenVersions()
  expect(seen.look(access(7))).toEqual(new Set())
  expect(seen.look(access(7))).toEqual(new Set())
  expect(seen.look(new Map([...access(8), ['standing', 1]]))).toEqual(new Set(['access', 'standing']))
})

test('our own changes are not told, however many lie between two looks, or a look within them', () => {
  const seen = new SeenVersions()
  seen.look(access(0))
  seen.mine(own(1, 2))
  seen.mine(own(3))
  expect(seen.look(access(2))).toEqual(new Set())
  expect(seen.look(access(3))).toEqual(new Set())
  expect(seen.look(access(4))).toEqual(new Set(['access']))
})

test.each([
  ['before ours', own(2), 2],
  ['after ours', own(1), 2],
  ['between ours', own(1), 3],
])('a change of others %s is told', (_case, mine, version) => {
  const seen = new SeenVersions()
  seen.look(access(0))
  seen.mine(mine)
  if (version === 3) seen.mine(own(3))
  expect(seen.look(access(version))).toEqual(new Set(['access']))
  expect(seen.look(access(version))).toEqual(new Set())
})

test('what may not have taken place is told: once too often is better than once too few', () => {
  const seen = new SeenVersions()
  seen.look(access(0))
  seen.mine(own(1))
  seen.notMine(own(1))
  expect(seen.look(access(1))).toEqual(new Set(['access']))
})
