import { expect, test } from 'vitest'
import { Cascade } from '../cascade/cascade.ts'
import { readPolicy, type Policy } from '../policy/policy.ts'
import { judgeText } from './judgement.ts'

const words = (name: string, word: string, action: string) => `
name = "${name}"
summary = "A word."
judge = false
[[rules]]
kind = "keywords"
name = "${word}"
words = ["${word}"]
input = "${action}"
output = "${action}"
`

test('each policy looks at a text once, and what all of them found is told', async () => {
  let looked = 0
  const policies = [
    counting(readPolicy(words('one', 'harbour', 'flag'), 'one.toml'), () => looked++),
    counting(readPolicy(words('two', 'town', 'block'), 'two.toml'), () => looked++),
  ]
  const sample = {
    text: 'The harbour of the town.',
    direction: 'input' as const,
    asPassage: (prompt: string) => ({ prompt, response: null }),
    turn: { account: 'k', later: false },
    final: true,
    from: 0,
  }
  const cascade = new Cascade({ screen: null, judge: null, guardModel: null }, 1000)
  const alone = await judgeText(sample, policies.slice(0, 1), cascade)
  const once = looked
  looked = 0
  const judged = await judgeText(sample, policies, cascade)
  expect(looked).toBe(2 * once)
  expect([alone.action, judged.action, judged.policy.name]).toEqual(['flag', 'block', 'two'])
  expect(new Set(judged.hits.map(({ rule }) => rule))).toEqual(new Set(['harbour', 'town']))
})

function counting(policy: Policy, look: () => void): Policy {
  const compiled = policy.compiled.map((rule) => ({
    ...rule,
    detectors: rule.detectors.map((detector) => ({
      name: detector.name,
      openFrom: (text: string) => detector.openFrom(text),
      find(text: string, final: boolean) {
        look()
        return detector.find(text, final)
      },
    })),
  }))
  return { ...policy, compiled }
}
