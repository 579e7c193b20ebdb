import { describe, expect, test } from 'vitest'
import type { Part, ProbeScores } from '../../core/part.ts'
import { readPolicy } from '../policy/policy.ts'
import { ProbeWatch, usesProbe } from './probe-watch.ts'

const policy = (lines: string, unavailable = 'block') =>
  readPolicy(
    `name = "test"\nsummary = "A probe is used."\njudge = false\nunavailable = "${unavailable}"\n${lines}`,
    'test.toml',
  )
const blocking = policy('[probe]\ninput = "flag"\noutput = "block"\nat = 0.8')
const part = (probe?: ProbeScores): Part => ({
  type: 'text-delta',
  choice: 0,
  text: 'a',
  tokens: 1,
  logprobs: null,
  ...(probe === undefined ? {} : { probe }),
})
const found = (watch: ProbeWatch, probe?: ProbeScores) => {
  const finding = watch.see(part(probe))
  return finding && [finding.direction, finding.judgement.action, finding.judgement.outcome]
}
const always = () => true

describe('ProbeWatch', () => {
  test('acts from the threshold on, once', () => {
    const watch = new ProbeWatch([blocking], always)
    expect(found(watch, { prompt: 0.79, answer: null })).toBeNull()
    expect(found(watch, { prompt: 0.8, answer: null })).toEqual(['input', 'flag', 'allow'])
    expect(found(watch, { prompt: 0.8, answer: 0.5 })).toBeNull()
    expect(found(watch, { prompt: 0.8, answer: 0.9 })).toEqual(['output', 'block', 'block'])
  })

  test('names the layer and its score', () => {
    const { judgement } = new ProbeWatch([blocking], always).see(part({ prompt: 0, answer: 0.9 }))!
    expect(judgement).toMatchObject({ layer: 'probe', policy: blocking, scores: { harm: 0.9 } })
  })

  test.each([
    undefined,
    { prompt: Number.NaN, answer: null },
    { prompt: 0, answer: Number.NaN },
    { prompt: 2, answer: null },
  ])('%o is no score: it blocks, unless the policy says otherwise', (probe) => {
    expect(found(new ProbeWatch([blocking], always), probe)).toEqual(['input', 'block', 'unavailable'])
    const lenient = policy('[probe]\noutput = "block"', 'allow')
    expect(found(new ProbeWatch([lenient], always), probe)).toBeNull()
    expect(found(new ProbeWatch([lenient, blocking], always), probe)).not.toBeNull()
  })

  test('without a probe, and without a policy that uses one, nothing is said', () => {
    expect(found(new ProbeWatch([blocking], () => false))).toBeNull()
    const plain = policy('')
    expect(usesProbe(plain)).toBe(false)
    expect(found(new ProbeWatch([plain], always), { prompt: 1, answer: 1 })).toBeNull()
  })

  test('the gravest of several policies is taken', () => {
    const noting = policy('[probe]\ninput = "review"\nat = 0.5')
    const strict = policy('[probe]\ninput = "block"\nat = 0.9')
    const watch = new ProbeWatch([noting, strict], always)
    expect(found(watch, { prompt: 0.6, answer: null })?.[1]).toBe('review')
    expect(found(watch, { prompt: 0.95, answer: null })?.[1]).toBe('block')
  })

  test('a policy cannot take words out by a probe', () => {
    expect(() => policy('[probe]\noutput = "redact"')).toThrow('no words')
  })
})
