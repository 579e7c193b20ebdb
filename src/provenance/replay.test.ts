import { assert, array, float, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeReplay } from './replay.ts'

const here = true
const elsewhere = false
const honest = Array.from<unknown, number>({ length: 400 }, (_, index) => (index % 30 === 0 ? 0.2 : 0))

describe('an answer that is computed again', () => {
  test('fits on the build that made it only when every token is the choice', () => {
    expect(judgeReplay(honest, here)).toMatchObject({ fits: false, different: 14, edited: { length: 14 } })
    expect(
      judgeReplay(
        honest.map(() => 0),
        here,
      ),
    ).toMatchObject({ fits: true, score: 0, edited: [] })
  })

  test('may lose near ties on another one', () => {
    expect(judgeReplay(honest, elsewhere)).toMatchObject({ fits: true, edited: [], short: false })
  })

  test('does not fit where many tokens lose a little', () => {
    expect(
      judgeReplay(
        honest.map((_, index) => (index % 4 === 0 ? 0.5 : 0)),
        elsewhere,
      ).fits,
    ).toBe(false)
  })

  test('names the token that was changed', () => {
    expect(judgeReplay(honest.with(123, 7), elsewhere)).toMatchObject({ fits: false, edited: [123] })
  })

  test('says when it is too short to tell much', () => {
    expect(judgeReplay([0, 0, 0], elsewhere)).toMatchObject({ fits: true, short: true })
    expect(judgeReplay([], elsewhere)).toMatchObject({ fits: true, short: true, score: 0 })
  })

  test('never fits better for a token that loses by more', () => {
    const margins = array(float({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 50 })
    assert(
      property(
        margins,
        integer({ min: 0, max: 49 }),
        float({ min: 0, max: 50, noNaN: true }),
        (all, at, more) => {
          const position = at % all.length
          const worse = judgeReplay(all.with(position, all[position]! + more), elsewhere)
          return (
            worse.score >= judgeReplay(all, elsewhere).score &&
            (!worse.fits || judgeReplay(all, elsewhere).fits)
          )
        },
      ),
    )
  })
})
