import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PromptLookup } from './prompt-lookup.ts'

const cheap = 0.05

describe('prompt lookup', () => {
  test('says what followed the last time', () => {
    const lookup = new PromptLookup([1, 2, 3, 4, 5, 6, 9, 1, 2, 3])
    expect(lookup.draft(cheap, 3)).toEqual([4, 5, 6])
    lookup.accept(7)
    expect(lookup.draft(cheap, 3)).toEqual([])
    for (const token of [1, 2, 3]) lookup.accept(token)
    // The later place counts.
    expect(lookup.draft(cheap, 2)).toEqual([7, 1])
  })

  test('never says anything but what followed the same three tokens', () => {
    const tokens = fc.array(fc.nat(3), { maxLength: 60 })
    fc.assert(
      fc.property(tokens, fc.nat(10), (all, most) => {
        const draft = new PromptLookup(all).draft(cheap, most)
        expect(draft.length).toBeLessThanOrEqual(most)
        if (draft.length === 0) return
        const whole = [...all, ...draft]
        const places = all.keys().filter((place) => {
          const before = [1, 2, 3].every((back) => all[place - back] === all[all.length - back])
          return before && draft.every((token, index) => token === whole[place + index])
        })
        expect(places.toArray().length).toBeGreaterThan(0)
      }),
    )
  })

  test('thinks that what goes in circles goes on in circles', () => {
    expect(new PromptLookup([9, 5, 5, 5, 5]).draft(cheap, 4)).toEqual([5, 5, 5, 5])
    expect(new PromptLookup([1, 2, 1, 2, 1]).draft(cheap, 5)).toEqual([2, 1, 2, 1, 2])
  })

  test('drafts less when it was wrong, and nothing when a token costs as much as it brings', () => {
    const lookup = new PromptLookup([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3])
    expect(lookup.draft(1, 8)).toEqual([])
    const before = lookup.draft(cheap, 8).length
    lookup.learn(8, 1)
    expect(lookup.draft(cheap, 8).length).toBeLessThan(before)
    for (let round = 0; round < 20; round++) lookup.learn(4, 0)
    expect(lookup.draft(cheap, 8)).toEqual([])
    // It tries again, later.
    for (let round = 0; round < 600; round++) lookup.accept(1 + (round % 12))
    for (const token of [1, 2, 3]) lookup.accept(token)
    expect(lookup.draft(cheap, 8).length).toBe(1)
    for (let round = 0; round < 20; round++) lookup.learn(4, 4)
    expect(lookup.draft(cheap, 8).length).toBe(8)
  })
})
