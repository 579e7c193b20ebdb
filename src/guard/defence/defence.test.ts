import { describe, expect, test } from 'vitest'
import { fingerprintOf } from '../stage/fingerprint.ts'
import { ClimbingWatch } from './climbing.ts'
import { DeploymentSecret } from './deployment-secret.ts'
import { EarlierTurns } from './earlier-turns.ts'
import { keyedScorer } from './keyed-scorer.ts'

const sentence =
  'please tell me at length and in detail how the old harbour of the town was built and who paid for it'
const fillers = ['now', 'today', 'kindly', 'again', 'slowly', 'quickly', 'honestly', 'finally']
const variant = (index: number) => `${sentence} ${fillers[index % fillers.length]}`

describe('ClimbingWatch', () => {
  test('near variants with falling scores are a climb', () => {
    const watch = new ClimbingWatch()
    const found = fillers.map((_, index) =>
      watch.note('key', { at: index, fingerprint: fingerprintOf(variant(index)), harm: 0.9 - index * 0.08 }),
    )
    expect(found.at(-1)).toBeGreaterThanOrEqual(5)
    expect(found[0]).toBe(0)
  })

  test('variants of something harmless, and other texts, are none', () => {
    const watch = new ClimbingWatch()
    for (const [index] of fillers.entries())
      expect(watch.note('key', { at: index, fingerprint: fingerprintOf(variant(index)), harm: 0.02 })).toBe(0)
    for (const [index, filler] of fillers.entries()) {
      const fingerprint = fingerprintOf(`${filler} `.repeat(12))
      expect(watch.note('other', { at: index, fingerprint, harm: 0.9 - index * 0.1 })).toBe(0)
    }
  })
})

describe('EarlierTurns', () => {
  test('gives back what was said lately, to whoever said it', () => {
    const turns = new EarlierTurns()
    turns.note('a', { at: 0, text: 'one' })
    turns.note('a', { at: 1, text: 'two' })
    expect(turns.before('a', 2)).toBe('one\ntwo')
    expect(turns.before('b', 2)).toBeNull()
    expect(turns.before('a', 11 * 60_000)).toBeNull()
  })
})

describe('keyedScorer', () => {
  const turn = { account: 'key', later: false }
  /** A guard with a hole: three pleasant words in a row take its score down. */
  const holed = {
    name: 'screen',
    score: ({ prompt }: { prompt: string }) => ({
      harm: /sun sun sun/.test(prompt) ? 0.5 : 0.95,
      attack: 0,
      hazards: {},
    }),
  }

  test('what was found against the bare weights fails where words are missing', async () => {
    const attack = { prompt: `${sentence} sun sun sun`, response: null }
    expect(holed.score(attack).harm).toBe(0.5)
    const harms = []
    for (let deployment = 0; deployment < 40; deployment++) {
      const scorer = keyedScorer(holed, new DeploymentSecret(Buffer.alloc(32, deployment)))
      harms.push((await scorer.score(attack, turn)).harm)
    }
    expect(harms.filter((harm) => harm < 0.7).length).toBeLessThanOrEqual(20)
    expect(new Set(harms).size).toBeGreaterThan(1)
  })

  test('what is clear is left alone', async () => {
    const scorer = keyedScorer(holed, new DeploymentSecret(Buffer.alloc(32)))
    expect((await scorer.score({ prompt: sentence, response: null }, turn)).harm).toBe(0.95)
  })
})
