import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FixedPace, MeasuredPace } from './step-pace.ts'

/** A machine on which a step takes as long as its parts together. */
function step(
  pace: MeasuredPace,
  machine: { readonly bare: number; readonly token: number },
  answers: number,
) {
  const promptTokens = pace.tokensBeside(answers)
  const milliseconds = machine.bare * (1 + answers / 4) + promptTokens * machine.token
  pace.observe(answers, promptTokens, milliseconds)
  return { promptTokens, ratio: milliseconds / (machine.bare * (1 + answers / 4)) }
}

const machines = fc.record({
  bare: fc.double({ min: 1, max: 300, noNaN: true }),
  token: fc.double({ min: 0.001, max: 20, noNaN: true }),
})

describe('measured pace', () => {
  test('no step is three times as long as without, from the first one on, whatever a prompt took alone', () => {
    fc.assert(
      fc.property(
        machines,
        fc.integer({ min: 1, max: 64 }),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (machine, answers, alone) => {
          const pace = new MeasuredPace()
          pace.observe(0, 512, 512 * machine.token * alone)
          let done = 0
          for (let index = 0; index < 200; index++) {
            const { promptTokens, ratio } = step(pace, machine, answers)
            done += promptTokens
            // Four tokens go in at the least: where that alone is long, there is no choice.
            expect(promptTokens <= 4 ? 1 : ratio).toBeLessThan(2.6)
          }
          expect(done).toBeGreaterThan(4 * 150)
          expect(machine.token > machine.bare / 100 || done > 2000).toBe(true)
        },
      ),
    )
  })

  test('nor where the time of a step is partly chance, but for a few', () => {
    fc.assert(
      fc.property(machines, fc.integer({ min: 1, max: 16 }), fc.integer(), (machine, answers, seed) => {
        fc.pre(machine.token < machine.bare / 4)
        const pace = new MeasuredPace()
        let noise = seed
        let long = 0
        for (let index = 0; index < 400; index++) {
          noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) | 0
          // Within a tenth of what it would be.
          const factor = 1 + noise / 2 ** 31 / 10
          const bare = machine.bare * factor
          const { ratio } = step(pace, { bare, token: machine.token * factor }, answers)
          if (ratio >= 3) long++
        }
        expect(long).toBeLessThanOrEqual(12)
      }),
    )
  })

  test('nor when tokens cost more the further a prompt is', () => {
    const pace = new MeasuredPace()
    const ratios: number[] = []
    for (let done = 0; done < 4000;) {
      const { promptTokens, ratio } = step(pace, { bare: 10, token: 0.5 + done / 2000 }, 4)
      ratios.push(promptTokens <= 4 ? 1 : ratio)
      done += promptTokens
    }
    expect(Math.max(...ratios)).toBeLessThan(3)
  })

  test('where a prompt costs little, as much of it as alone goes in soon', () => {
    const pace = new MeasuredPace()
    const parts = Array.from({ length: 9 }, () => step(pace, { bare: 10, token: 0.1 }, 4).promptTokens)
    expect(parts).toEqual([0, 4, 8, 16, 32, 64, 128, 256, 280])
  })

  test('what it takes is learnt anew when it changes, and from a step without prompts now and then', () => {
    const pace = new MeasuredPace()
    const slow = { bare: 10, token: 4 }
    const fast = { bare: 10, token: 0.5 }
    for (let index = 0; index < 50; index++) step(pace, slow, 4)
    const before = step(pace, slow, 4).promptTokens
    let without = 0
    for (let index = 0; index < 130; index++) if (step(pace, fast, 4).promptTokens === 0) without++
    expect(before).toBeLessThan(10)
    expect(step(pace, fast, 4).promptTokens).toBeGreaterThan(40)
    expect(without).toBe(2)
  })

  test('one step that was held up changes little', () => {
    const pace = new MeasuredPace()
    const machine = { bare: 10, token: 1 }
    for (let index = 0; index < 30; index++) step(pace, machine, 4)
    const before = pace.tokensBeside(4)
    pace.observe(4, before, 2000)
    expect(pace.tokensBeside(4)).toBeGreaterThan(before * 0.7)
  })

  test('the first step of so many answers has no prompt, to be measured', () => {
    const pace = new MeasuredPace()
    expect(pace.tokensBeside(3)).toBe(0)
    pace.observe(3, 0, 10)
    expect(pace.tokensBeside(3)).toBe(4)
    expect(pace.tokensBeside(4)).toBe(4)
    expect(pace.tokensBeside(5)).toBe(0)
  })
})

test('a fixed pace is always the same', () => {
  const pace = new FixedPace(16)
  pace.observe()
  expect(pace.tokensBeside()).toBe(16)
})
