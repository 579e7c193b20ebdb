import { describe, expect, test } from 'vitest'
import { readPolicy } from '../policy/policy.ts'
import { applyRules, openRuleFrom } from './apply.ts'

const policy = readPolicy(
  `name = "test"
summary = "Takes out what tells of a person."
[[rules]]
kind = "personal-data"
name = "personal data"
output = "redact"
[[rules]]
kind = "secrets"
name = "secrets"
output = "redact"
[[rules]]
kind = "keywords"
name = "word"
words = ["zanzibar"]
output = "redact"
`,
  'test.toml',
)
const found = (text: string) => {
  const hits = applyRules(text, { policy, direction: 'output', final: true })
  return [...new Set(hits.map(({ start, end }) => text.slice(start, end)))]
}

describe('behind an escape of JSON', () => {
  test.each([
    [String.raw`{"a":"x\n+49 170 1234567"}`, '+49 170 1234567'],
    [String.raw`{"a":"x\nghp_${'A1b2'.repeat(9)}"}`, `ghp_${'A1b2'.repeat(9)}`],
    [String.raw`{"a":"x\tzanzibar"}`, 'zanzibar'],
    [String.raw`{"a":"x\\nzebra +49 170 1234567"}`, '+49 170 1234567'],
  ])('%s', (text, what) => expect(found(text)).toContain(what))

  test('a backslash that is itself escaped escapes nothing', () => {
    expect(found(String.raw`{"a":"c:\\nzanzibar"}`)).toEqual([])
  })

  test('what may go on is held back from where it begins', () => {
    const text = String.raw`{"a":"x\nzanzi`
    expect(openRuleFrom(text, policy, 'output')).toBeLessThanOrEqual(text.indexOf('zanzi'))
  })
})
