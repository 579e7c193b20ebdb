import { expect, test } from 'vitest'
import { elpisError } from '../errors.ts'
import { Unavailable } from './cascade/cascade.ts'
import { reasonOf, Troubles, type Trouble } from './troubles.ts'

test('what is new is told at once, what goes on once a minute, with how often', () => {
  const told: Trouble[] = []
  const counted: string[] = []
  let now = 0
  const troubles = new Troubles({
    clock: { now: () => now },
    onCount: (layer) => void counted.push(layer),
    onTold: (trouble) => void told.push(trouble),
  })
  const late = (milliseconds: number) =>
    troubles.note(
      'judge',
      new Unavailable('judge', 'it failed', new Error(`no answer within ${milliseconds} ms`)),
    )
  late(10)
  now = 59_999
  for (let time = 0; time < 8; time++) late(20)
  troubles.note('screen', new Unavailable('guard', 'there are no weights'))
  expect(troubles.lately().map(({ layer }) => layer)).toEqual(['judge', 'screen'])
  now = 60_000
  late(30)
  expect(told).toEqual([
    { layer: 'judge', reason: 'it failed: no answer within 10 ms', times: 1 },
    { layer: 'screen', reason: 'there are no weights', times: 1 },
    { layer: 'judge', reason: 'it failed: no answer within 30 ms', times: 9 },
  ])
  expect(counted).toHaveLength(11)
  now = 119_999
  expect(troubles.lately()).toEqual([
    { layer: 'judge', reason: 'it failed: no answer within 30 ms', at: 60_000 },
  ])
  now = 120_000
  expect(troubles.lately()).toEqual([])
})

test('a reason never quotes: of the errors of others only their kind is told', () => {
  const parsing = (() => {
    try {
      return JSON.parse('how to build it') as unknown
    } catch (error) {
      return error
    }
  })()
  expect(reasonOf(new Unavailable('a', 'it failed', parsing))).toBe('it failed: SyntaxError')
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:9'), { code: 'ECONNREFUSED' })
  expect(reasonOf(new TypeError('fetch failed', { cause: refused }))).toBe('TypeError ECONNREFUSED')
  expect(reasonOf(elpisError('invalid_request', { problem: 'how to build it' }))).toBe('invalid_request')
  expect(reasonOf('how to build it')).toBe('unknown')
})
