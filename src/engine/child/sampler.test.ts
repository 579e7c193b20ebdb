import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainSampling, type Sampling } from '../../core/request.ts'
import { Noise } from './noise.ts'
import { Sampler } from './sampler.ts'

const plain: Sampling = {
  ...plainSampling,
  seed: 1,
}
const nothing = new Int32Array(0)
const sampler = (sampling: Partial<Sampling>, size: number, prompt = nothing, choice = 0) =>
  new Sampler({ ...plain, ...sampling }, choice, size, prompt)

/** How often each token is chosen over many positions. */
function frequencies(sampling: Partial<Sampling>, logits: readonly number[], draws = 20_000): number[] {
  const counts = logits.map(() => 0)
  const subject = sampler(sampling, logits.length)
  const values = Float32Array.from(logits)
  for (let position = 0; position < draws; position++) counts[subject.choose(values, position)]!++
  return counts.map((count) => count / draws)
}

function softmax(logits: readonly number[]): number[] {
  const weights = logits.map((logit) => Math.exp(logit))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

/** Pearson's statistic per degree of freedom: about 1 when `seen` follows `expected`. */
function misfit(seen: readonly number[], expected: readonly number[], draws = 20_000): number {
  const terms = expected.map((share, index) =>
    share === 0 ? 0 : (draws * (seen[index]! - share) ** 2) / share,
  )
  return terms.reduce((sum, term) => sum + term, 0) / (expected.filter((share) => share > 0).length - 1)
}

describe('distribution', () => {
  const logits = [2, 1.5, 1, 0.5, 0, -0.5, -1, -2, -4, -6]

  test('is the softmax of the logits when nothing cuts it', () => {
    expect(misfit(frequencies({}, logits), softmax(logits))).toBeLessThan(2.2)
  })

  test('is sharpened and flattened by temperature', () => {
    for (const temperature of [0.5, 2]) {
      const expected = softmax(logits.map((logit) => logit / temperature))
      expect(misfit(frequencies({ temperature }, logits), expected)).toBeLessThan(2.2)
    }
  })

  test('is cut by top_k, top_p and min_p before temperature', () => {
    const cutAfter = (count: number, temperature = 1) =>
      softmax(logits.map((logit, token) => (token < count ? logit / temperature : -Infinity)))
    expect(misfit(frequencies({ topK: 3 }, logits), cutAfter(3))).toBeLessThan(3)
    // Shares of the first: 0.35, 0.21, 0.13, 0.08 ...: three reach 0.65.
    expect(misfit(frequencies({ topP: 0.65, temperature: 3 }, logits), cutAfter(3, 3))).toBeLessThan(3)
    // e^-1.5 of the first's probability is at 0.22: four tokens have that.
    expect(misfit(frequencies({ minP: 0.2, temperature: 3 }, logits), cutAfter(4, 3))).toBeLessThan(3)
  })

  test('is the same for a vocabulary in which nearly all tokens are screened out', () => {
    const size = 4096
    const many = Array.from({ length: size }, (_, token) => (token % 512 === 0 ? 6 : ((token * 7) % 11) - 8))
    const expected = softmax(many)
    const seen = frequencies({}, many, 4000)
    const high = (shares: readonly number[]) =>
      shares.reduce((sum, share, token) => sum + (token % 512 === 0 ? share : 0), 0)
    expect(Math.abs(high(seen) - high(expected))).toBeLessThan(0.03)
  })
})

describe('choice', () => {
  const vocabulary = fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 200 })

  test('without cuts is the maximum of logit / temperature + noise over all tokens, as anybody can check', () => {
    fc.assert(
      fc.property(
        vocabulary,
        fc.nat(),
        fc.nat(100),
        fc.double({ min: 0.05, max: 3, noNaN: true }),
        (values, seed, position, temperature) => {
          const logits = Float32Array.from(values)
          const noise = new Noise(seed, 3)
          const highest = logits.reduce((most, logit) => Math.max(most, logit))
          const scores = [...logits].map(
            (logit, token) => (logit - highest) / temperature + noise.gumbel(position, token),
          )
          const expected = scores.indexOf(Math.max(...scores))
          expect(sampler({ seed, temperature }, logits.length, nothing, 3).choose(logits, position)).toBe(
            expected,
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  test('leaves the logits as they were', () => {
    fc.assert(
      fc.property(
        vocabulary,
        fc.array(fc.tuple(fc.nat(250), fc.double({ min: -100, max: 100, noNaN: true })), { maxLength: 5 }),
        fc.array(fc.nat(0), { maxLength: 3 }),
        (values, bias, prompt) => {
          const logits = Float32Array.from(values)
          const subject = sampler(
            { logitBias: new Map(bias), repeatPenalty: 1.3, presencePenalty: 0.5, frequencyPenalty: 0.2 },
            logits.length,
            Int32Array.from(prompt),
          )
          subject.accept(0)
          subject.choose(logits, 0)
          expect(logits).toEqual(Float32Array.from(values))
        },
      ),
    )
  })

  test('depends on seed, choice and position', () => {
    const logits = Float32Array.from({ length: 100 }, () => 0)
    const texts = [sampler({}, 100), sampler({ seed: 2 }, 100), sampler({}, 100, nothing, 1)].map((subject) =>
      Array.from({ length: 8 }, (_, position) => subject.choose(logits, position)).join(' '),
    )
    expect(new Set(texts).size).toBe(3)
  })

  test('is the most probable token at temperature 0, and the lowest of equals', () => {
    expect(sampler({ temperature: 0 }, 4).choose(Float32Array.of(1, 3, 3, 2), 0)).toBe(1)
  })

  test('is none when the logits are not numbers or everything is banned', () => {
    const broken = [Float32Array.of(Number.NaN, Number.NaN), Float32Array.of(-Infinity, -Infinity)]
    for (const logits of broken) {
      for (const settings of [{}, { temperature: 0 }, { topK: 1 }, { topP: 0.5 }, { minP: 0.5 }])
        expect(sampler(settings, 2).choose(logits, 0)).toBe(-1)
    }
    const banned = new Map([
      [0, -100],
      [1, -100],
    ])
    expect(sampler({ logitBias: banned, temperature: 0 }, 2).choose(Float32Array.of(50, 50), 0)).toBe(-1)
  })
})

describe('adjustments', () => {
  const best = (
    sampling: Partial<Sampling>,
    logits: readonly number[],
    said: readonly number[] = [],
    prompt = nothing,
  ) => {
    const subject = sampler({ temperature: 0, ...sampling }, logits.length, prompt)
    for (const token of said) subject.accept(token)
    return subject.choose(Float32Array.from(logits), said.length)
  }

  test('logit bias adds, −100 bans however high the logit, and unknown tokens are nobody', () => {
    expect(best({ logitBias: new Map([[1, 5]]) }, [4, 0])).toBe(1)
    expect(best({ logitBias: new Map([[0, -100]]) }, [500, 0])).toBe(1)
    expect(best({ logitBias: new Map([[7, 100]]) }, [4, 0])).toBe(0)
  })

  test('the repeat penalty divides positive and multiplies negative logits of prompt and output', () => {
    expect(best({ repeatPenalty: 2 }, [4, 3], [0])).toBe(1)
    expect(best({ repeatPenalty: 2 }, [4, 3], [], Int32Array.of(0))).toBe(1)
    expect(best({ repeatPenalty: 2 }, [-2, -3], [0])).toBe(1)
  })

  test('presence and frequency penalties count the output only', () => {
    const prompt = Int32Array.of(0, 0, 0)
    expect(best({ presencePenalty: 2 }, [4, 3], [], prompt)).toBe(0)
    expect(best({ presencePenalty: 2 }, [4, 3], [0])).toBe(1)
    expect(best({ presencePenalty: 0.6 }, [4, 3], [0, 0, 0])).toBe(0)
    expect(best({ frequencyPenalty: 0.6 }, [4, 3], [0])).toBe(0)
    expect(best({ frequencyPenalty: 0.6 }, [4, 3], [0, 0])).toBe(1)
  })

  test('tokens that the model suppresses are never chosen', () => {
    const subject = new Sampler({ ...plain, temperature: 0 }, 0, 2, nothing, [0])
    expect(subject.choose(Float32Array.of(9, 1), 0)).toBe(1)
  })
})

describe('a filter', () => {
  const size = 40
  const settings = fc.record({
    temperature: fc.constantFrom(0, 0.5, 1, 2),
    topP: fc.constantFrom(1, 0.9, 0.3),
    topK: fc.constantFrom(0, 3, 100),
    minP: fc.constantFrom(0, 0.2),
    seed: fc.nat(),
  })
  const allLogits = fc.array(
    fc.integer({ min: -80, max: 80 }).map((value) => value / 8),
    { minLength: size, maxLength: size },
  )

  test('takes what it refuses out before anything is cut', () => {
    fc.assert(
      fc.property(
        settings,
        allLogits,
        fc.uniqueArray(fc.nat(size - 1), { minLength: 1 }),
        fc.boolean(),
        (sampling, values, allowed, prefersMask) => {
          const set = new Set(allowed)
          const logits = Float32Array.from(values)
          const before = logits.slice()
          const only = logits.map((logit, token) => (set.has(token) ? logit : -Infinity))
          const filter = {
            prefersMask,
            allows: (token: number) => set.has(token),
            mask: (from: Float32Array, target: Float32Array) => {
              for (let token = 0; token < size; token++)
                target[token] = set.has(token) ? from[token]! : -Infinity
            },
          }
          for (let position = 0; position < 5; position++) {
            const chosen = sampler(sampling, size).choose(logits, position, filter)
            expect(chosen).toBe(sampler(sampling, size).choose(only, position))
            expect(set.has(chosen)).toBe(true)
          }
          expect(logits).toEqual(before)
        },
      ),
    )
  })

  test('that leaves only what the settings ban leaves no choice', () => {
    const filter = {
      prefersMask: false,
      allows: (token: number) => token === 1,
      mask: (_: Float32Array, target: Float32Array) => target.fill(-Infinity),
    }
    const banned = sampler({ temperature: 0, logitBias: new Map([[1, -100]]) }, 3)
    expect(banned.choose(Float32Array.of(1, 2, 3), 0, filter)).toBe(-1)
  })
})
