import { expect, test } from 'vitest'
import { readPolicy } from '../policy/policy.ts'
import type { Judgement } from './judgement.ts'
import { jsonBegins, jsonPlaceAt } from './json-text.ts'
import type { Window } from './lane.ts'
import { redacted } from './redaction.ts'

const policy = readPolicy('name = "test"\nsummary = "It says nothing."\n', 'test.toml')

/** What leaves of `text` from `start` on when `find` is to be taken out; null when the answer ends. */
function left(text: string, find: string, { start = 0, end = text.length, what = 'card' } = {}) {
  const at = text.indexOf(find)
  const hit = {
    rule: 'r',
    what,
    action: 'redact',
    hazard: null,
    view: 'text',
    start: at,
    end: at + find.length,
  }
  const judgement = {
    outcome: 'allow',
    action: 'redact',
    hazards: [],
    scores: null,
    layer: 'rules',
    policy,
    hits: [hit],
    decisive: null,
  } as Judgement
  const json = jsonPlaceAt(text, jsonBegins, start)
  const window: Window = { channel: 'text', text, start, end, most: end, final: end === text.length, json }
  const made = redacted(judgement, window)
  if (made === null) return null
  let out = ''
  let from = start
  for (const replacement of made.replacements) {
    out += text.slice(from, replacement.start) + replacement.by
    from = replacement.end
  }
  return out + text.slice(from, made.window.end)
}

test('a number of which a part is out already, or is still to come, ends the answer', () => {
  const text = '{"a":-4111111111111111}'
  expect(left(text, '4111111111111111')).toBe('{"a":"[removed: card]"}')
  expect(left(text, '4111111111111111', { start: text.indexOf('4') })).toBe(null)
  expect(left(text, '4111111111111111', { end: text.length - 3 })).toBe(null)
})

test('so does an escape', () => {
  const text = String.raw`{"a":"So\nAda"}`
  expect(left(text, 'nAda')).toBe('{"a":"So[removed: card]"}')
  expect(left(text, 'nAda', { start: text.indexOf('nAda') })).toBe(null)
})

test('what a rule is called is written as JSON', () => {
  const out = left('{"a":"Ada"}', 'Ada', { what: 'the "first"' })
  expect(JSON.parse(out ?? '')).toEqual({ a: '[removed: the "first"]' })
})
