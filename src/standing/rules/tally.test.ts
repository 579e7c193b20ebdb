import { array, assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newEventId, type StandingEvent } from '../event.ts'
import { parseTarget } from '../target.ts'
import { readRules, type Rule } from './rule-set.ts'
import { counts, eventTally, useTally } from './tally.ts'

const minute = 60_000
const hour = 60 * minute

function ruleOf(signal: string, within = '1h', least = 3, action = '{ do = "case" }'): Rule {
  const text = `name = "set"\nsummary = "s"\n[[rules]]\nname = "one"\nsummary = "s"\nsignal = ${signal}\nwithin = "${within}"\nat_least = ${least}\naction = ${action}\n`
  const [rule] = readRules(text, 'test').rules
  if (rule === undefined) throw new Error('no rule')
  return rule
}

function event(at: number, changes: Partial<StandingEvent> = {}): StandingEvent {
  return {
    id: newEventId(),
    at,
    target: parseTarget('key:key_a'),
    organisation: 'org_home',
    person: null,
    key: 'key_a',
    endUser: null,
    network: null,
    fingerprint: '00ff00ff00ff00ff',
    source: 'guard',
    direction: 'input',
    hazard: 'S2',
    severity: 1,
    attributable: true,
    requestId: null,
    entryId: null,
    note: null,
    voidedBy: null,
    ...changes,
  }
}

describe('what is counted', () => {
  test('a window of as long as the rule says moves on with what comes', () => {
    const tally = eventTally(ruleOf('{ kind = "guard" }'))
    expect([0, 20, 59, 60, 79, 200].map((at) => tally.add(event(at * minute)))).toEqual([1, 2, 3, 3, 4, 1])
  })

  test('the same prompt again, and once for each request whatever was found in it', () => {
    const tally = eventTally(ruleOf('{ kind = "retried" }'))
    expect(tally.add(event(1))).toBe(1)
    expect(tally.add(event(2, { fingerprint: '00ff00ff00ff00fe' }))).toBe(1)
    expect(tally.add(event(3, { requestId: 'req_1' as never }))).toBe(2)
    expect(tally.add(event(3, { requestId: 'req_1' as never, hazard: 'attack' }))).toBe(2)
    expect(tally.add(event(4, { fingerprint: null }))).toBe(0)
    expect(tally.add(event(5))).toBe(3)
  })

  test('prompts that differ in few bits are alike, others are not', () => {
    const tally = eventTally(ruleOf('{ kind = "probes", bits = 3 }'))
    const prints = ['00ff00ff00ff00ff', '00ff00ff00ff00f8', 'c0ff00ff00ff00fe', 'ffffffffffffffff']
    expect(prints.map((fingerprint, at) => tally.add(event(at, { fingerprint })))).toEqual([1, 2, 2, 1])
  })

  test('different hazards', () => {
    const tally = eventTally(ruleOf('{ kind = "breadth" }'))
    const found = (['S1', 'S1', 'S2', 'attack'] as const).map((hazard, at) =>
      tally.add(event(at, { hazard })),
    )
    expect(found).toEqual([1, 1, 2, 3])
  })

  test('a number of requests, and so many times what is usual', () => {
    const plain = useTally(ruleOf('{ kind = "volume" }', '2h', 100))
    const use = (at: number, requests: number) => ({ at: at * hour, requests, key: null, network: null })
    expect([use(0, 30), use(1, 40), use(2, 50)].map((one) => plain.add(one))).toEqual([30, 70, 90])
    const rule = ruleOf('{ kind = "volume", times = 5, usual = "1d" }', '1h', 100)
    const sudden = useTally(rule)
    for (let at = 0; at < 24; at++) expect(sudden.add(use(at, 30))).toBeLessThan(100)
    expect(sudden.add(use(24, 140))).toBe(0)
    expect(sudden.add(use(25, 300))).toBe(300)
    // Of somebody new only the number is known.
    expect(useTally(rule).add(use(0, 100))).toBe(100)
  })

  test('different keys and networks, each as long as it was last met in the window', () => {
    const keys = useTally(ruleOf('{ kind = "keys" }', '2h', 2))
    const by = (at: number, key: string) => keys.add({ at: at * hour, requests: 1, key, network: null })
    expect([by(0, 'a'), by(1, 'b'), by(1.5, 'a'), by(3, 'c'), by(3.4, 'c')]).toEqual([1, 2, 2, 2, 2])
    expect(by(3.6, 'c')).toBe(1)
  })
})

describe('which events count', () => {
  const guard = ruleOf('{ kind = "guard" }')
  test.each([
    ['what the guard stopped', {}, true],
    ['what its rules stopped', { source: 'rule' }, true],
    ['what a document said', { attributable: false }, false],
    ['what the model said', { direction: 'output', attributable: false }, false],
    ['what a rule over behaviour wrote', { source: 'rule', note: 'rule:set/one set@1' }, false],
    ['what a reviewer gave', { source: 'reviewer', note: 'x' }, false],
    ['what was taken back', { voidedBy: 'rev_1' }, false],
    ['what is no strike', { hazard: null }, false],
  ] as const)('%s', (_what, changes, expected) => {
    expect(counts(guard, event(1, changes as Partial<StandingEvent>))).toBe(expected)
  })

  test('by hazard, severity and direction', () => {
    const severe = ruleOf('{ kind = "guard", hazards = ["S9"], severity = 0.8 }')
    expect(counts(severe, event(1, { hazard: 'S9', severity: 0.8 }))).toBe(true)
    expect(counts(severe, event(1, { hazard: 'S9', severity: 0.7 }))).toBe(false)
    expect(counts(severe, event(1))).toBe(false)
    const said = ruleOf('{ kind = "guard", direction = "output", own_words = false }')
    expect(counts(said, event(1, { direction: 'output', attributable: false }))).toBe(true)
    expect(counts(said, event(1))).toBe(false)
    const told = ruleOf('{ kind = "outside" }')
    expect(counts(told, event(1, { source: 'webhook', note: 'abuse desk' }))).toBe(true)
    expect(counts(told, event(1))).toBe(false)
  })
})

describe('rules that are refused', () => {
  test.each([
    ['a strike for how much somebody asks', '{ kind = "volume" }', '1h', '{ do = "strike", severity = 1 }'],
    ['a strike for where a key was', '{ kind = "networks" }', '1d', '{ do = "strike", severity = 1 }'],
    [
      'a strike for the words of others',
      '{ kind = "guard", own_words = false }',
      '1h',
      '{ do = "strike", severity = 1 }',
    ],
    [
      'a strike for what the model said',
      '{ kind = "guard", direction = "any" }',
      '1h',
      '{ do = "strike", severity = 1 }',
    ],
    ['use by the minute', '{ kind = "volume" }', '5m', '{ do = "case" }'],
    ['a ban by a rule', '{ kind = "guard" }', '1h', '{ do = "ban" }'],
    ['an unknown word', '{ kind = "guard", hazard = "S9" }', '1h', '{ do = "case" }'],
    ['no window', '{ kind = "guard" }', '0h', '{ do = "case" }'],
  ])('%s', (_what, signal, within, action) => {
    expect(() => ruleOf(signal, within, 3, action)).toThrow(
      expect.objectContaining({ code: 'rules_invalid' }),
    )
  })
})

test('the version is of the content, whatever stands around it', () => {
  const text = (least: number, comment = '') =>
    `${comment}name = "set"\nsummary = "s"\n[[rules]]\nname = "one"\nsummary = "s"\nsignal = { kind = "guard" }\nwithin = "1h"\nat_least = ${least}\naction = { do = "case" }\n`
  const { version } = readRules(text(3), 'a')
  expect(version).toMatch(/^set@[0-9a-f]{12}$/)
  expect(readRules(text(3, '# a remark\n'), 'b').version).toBe(version)
  expect(readRules(text(4), 'a').version).not.toBe(version)
})

test('a window never holds what is older, and never misses what is not', () => {
  const rule = ruleOf('{ kind = "guard" }')
  assert(
    property(array(integer({ min: 0, max: 5 * hour }), { maxLength: 200 }), (times) => {
      const tally = eventTally(rule)
      const sorted = times.toSorted((one, other) => one - other)
      for (const [index, at] of sorted.entries()) {
        const expected = sorted.slice(0, index + 1).filter((other) => other > at - hour).length
        expect(tally.add(event(at))).toBe(expected)
      }
    }),
  )
})
