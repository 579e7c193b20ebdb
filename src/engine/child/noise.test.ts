import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { largestNoise, Noise, noiseOf } from './noise.ts'

/** Threefry-2x32 in the words of the paper, as plainly as possible. */
function threefry(key: readonly [number, number], counter: readonly [number, number]): [number, number] {
  const keys = [key[0], key[1], 0x1bd11bda ^ key[0] ^ key[1]]
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24]
  let [x, y] = [(counter[0] + keys[0]!) | 0, (counter[1] + keys[1]!) | 0]
  for (let round = 0; round < 20; round++) {
    x = (x + y) | 0
    const by = rotations[round % 8]!
    y = ((y << by) | (y >>> (32 - by))) ^ x
    if (round % 4 === 3) {
      const injection = (round + 1) / 4
      x = (x + keys[injection % 3]!) | 0
      y = (y + keys[(injection + 1) % 3]! + injection) | 0
    }
  }
  return [x >>> 0, y >>> 0]
}

describe('noise', () => {
  test('the reference gives the published answers (Random123, kat_vectors)', () => {
    expect(threefry([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe])
    expect(threefry([-1, -1], [-1, -1])).toEqual([0x1cb996fc, 0xbb002be7])
    expect(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([0xc4923a9c, 0x483df7a0])
  })

  test('bits are those of Threefry, in any order of asking', () => {
    const word = fc.integer({ min: 0, max: 0xffff_ffff })
    const asked = fc.array(fc.record({ position: fc.nat(), token: fc.nat(300_000) }), { minLength: 1 })
    fc.assert(
      fc.property(word, fc.nat(127), asked, (seed, choice, questions) => {
        const noise = new Noise(seed, choice)
        for (const { position, token } of questions) {
          const expected = threefry([seed | 0, choice], [position, token >> 1])[token & 1]
          expect(noise.bits(position, token)).toBe(expected)
        }
      }),
    )
  })

  test('seed, choice, position and token each change the noise', () => {
    const one = new Noise(1, 0).gumbel(0, 0)
    expect(new Noise(2, 0).gumbel(0, 0)).not.toBe(one)
    expect(new Noise(1, 1).gumbel(0, 0)).not.toBe(one)
    expect(new Noise(1, 0).gumbel(1, 0)).not.toBe(one)
    expect(new Noise(1, 0).gumbel(0, 1)).not.toBe(one)
  })

  test('has the mean and variance of a Gumbel distribution', () => {
    const noise = new Noise(42, 0)
    const values = Array.from({ length: 50_000 }, (_, token) => noise.gumbel(3, token))
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(mean).toBeCloseTo(0.5772, 1)
    expect(Math.abs(variance - Math.PI ** 2 / 6)).toBeLessThan(0.05)
  })

  test('is finite and bounded for all bits', () => {
    expect(noiseOf(0)).toBeGreaterThan(-4)
    expect(largestNoise).toBeLessThan(23)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (bits) => {
        expect(noiseOf(bits)).toBeLessThanOrEqual(largestNoise)
        // What the search over a whole vocabulary relies on.
        expect(noiseOf(bits)).toBeLessThanOrEqual(-Math.log(1 - (bits + 0.5) / 2 ** 32) + 1e-9)
      }),
    )
  })
})
