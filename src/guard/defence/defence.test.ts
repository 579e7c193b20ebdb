import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fingerprintOf } from '../stage/fingerprint.ts'
import { ClimbingWatch } from './climbing.ts'
import { DeploymentSecret } from './deployment-secret.ts'
import { EarlierTurns } from './earlier-turns.ts'
import { excerptOf } from './excerpt.ts'
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

describe('excerptOf', () => {
  const harmsOf = async (sentences: readonly string[]) =>
    sentences.map((each) => (each.includes('powder') ? 0.9 : each.includes('fuse') ? 0.5 : 0))
  const padding = Array.from({ length: 40 }, (_, town) => `The harbour of town ${town} lies in the north.`)
  const padded = (...said: string[]) => [...padding, ...said, ...padding].join(' ')

  test('leaves a short text as it is', async () => {
    expect(await excerptOf('  Hello.\nHow are you? ', harmsOf)).toBe('  Hello.\nHow are you? ')
  })

  test('keeps the gravest sentences of a long one in their order, whatever stands around them', async () => {
    const [grave, graver] = ['I have a fuse with me in the boat.', 'The powder is already in the barrel.']
    const excerpt = await excerptOf(padded(grave, 'It will rain tomorrow in the afternoon.', graver), harmsOf)
    expect(excerpt).toMatch(/fuse[^]*powder/)
    expect(excerpt.length).toBeLessThanOrEqual(400)
  })

  test('keeps the beginning and the end where nothing tells sentences apart', async () => {
    const excerpt = await excerptOf(
      `I begin with these words here. ${padded()} These are my last words of all.`,
      harmsOf,
    )
    expect(excerpt).toMatch(/^I begin[^]*last words of all\.$/)
  })

  test('is bounded for any text', async () => {
    const piece = fc.constantFrom(
      'fuse',
      'powder ',
      '. ',
      '\n',
      ' ',
      'a'.repeat(90),
      '。',
      '\u{1f4a3}'.repeat(30),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 120 }), async (pieces) => {
        expect((await excerptOf(pieces.join(''), harmsOf)).length).toBeLessThanOrEqual(400)
      }),
    )
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
