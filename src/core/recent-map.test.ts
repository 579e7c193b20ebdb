import { describe, expect, test } from 'vitest'
import { RecentMap } from './recent-map.ts'

describe('a map of what is recent', () => {
  test('forgets what was set or used longest ago', () => {
    const map = new RecentMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    expect(map.use('a')).toBe(1)
    map.set('c', 3)
    expect([map.peek('a'), map.peek('b'), map.peek('c')]).toEqual([1, undefined, 3])
  })

  test('does not make recent what is only looked at', () => {
    const map = new RecentMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    expect(map.peek('a')).toBe(1)
    map.set('c', 3)
    expect(map.has('a')).toBe(false)
  })

  test('holds no more weight than its bound, but always what was set last', () => {
    const map = new RecentMap<string, string>({ entries: 10, weight: 5, weightOf: (value) => value.length })
    map.set('a', 'xx')
    map.set('b', 'xx')
    map.set('b', 'xxx')
    expect(map.size).toBe(2)
    map.set('c', 'x')
    expect(map.has('a')).toBe(false)
    map.set('d', 'x'.repeat(9))
    expect([map.size, map.has('d')]).toEqual([1, true])
    map.delete('d')
    map.set('e', 'xxxxx')
    map.set('f', '')
    expect(map.size).toBe(2)
  })
})
