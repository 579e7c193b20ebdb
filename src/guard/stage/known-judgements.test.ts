import { expect, test } from 'vitest'
import type { Policy } from '../policy/policy.ts'
import type { Judgement, Sample } from './judgement.ts'
import { KnownJudgements } from './known-judgements.ts'

const policy = (version: string): Policy => ({ version }) as Policy
const judgement = (outcome: Judgement['outcome']): Judgement => ({
  outcome,
  action: outcome === 'block' ? 'block' : 'allow',
  hazards: [],
  scores: null,
  layer: 'judge',
  policy: policy('a@1'),
  hits: [],
  decisive: null,
})
const sample = (text: string, context = ''): Sample => ({
  text,
  direction: 'input',
  asPassage: (response) =>
    context === '' ? { prompt: response, response: null } : { prompt: context, response },
  turn: { account: 'key', later: false },
  final: true,
  from: 0,
})

/** Judges, and counts how often it had to. */
function counted(outcome: Judgement['outcome'] = 'allow') {
  let calls = 0
  const judge = async () => {
    calls++
    return judgement(outcome)
  }
  return { judge, calls: () => calls }
}

test('a text is judged once, also by many at once', async () => {
  const [known, { judge, calls }] = [new KnownJudgements(), counted('block')]
  const asked = Array.from({ length: 16 }, () =>
    known.of('org_a', sample('Be kind.'), [policy('a@1')], judge),
  )
  expect(new Set((await Promise.all(asked)).map(({ outcome }) => outcome))).toEqual(new Set(['block']))
  expect(calls()).toBe(1)
})

test('of somebody else, under other policies, beside another question and another text it is judged anew', async () => {
  const [known, { judge, calls }] = [new KnownJudgements(), counted()]
  await known.of('org_a', sample('Be kind.'), [policy('a@1')], judge)
  await known.of('org_b', sample('Be kind.'), [policy('a@1')], judge)
  await known.of('org_a', sample('Be kind.'), [policy('a@2')], judge)
  await known.of('org_a', sample('Be kind.'), [policy('a@1'), policy('b@1')], judge)
  await known.of('org_a', sample('Be kind.', 'How?'), [policy('a@1')], judge)
  await known.of('org_a', sample('Be kind!'), [policy('a@1')], judge)
  await known.of('org_a', { ...sample('Be kind.'), rulesOnly: true }, [policy('a@1')], judge)
  expect(calls()).toBe(7)
})

test('what could not be judged is judged again', async () => {
  const [known, { judge, calls }] = [new KnownJudgements(), counted('unavailable')]
  for (let time = 0; time < 2; time++) await known.of('org_a', sample('Be kind.'), [policy('a@1')], judge)
  expect(calls()).toBe(2)
  const fails = () => Promise.reject(new Error('gone'))
  await expect(known.of('org_a', sample('Well.'), [policy('a@1')], fails)).rejects.toThrow('gone')
  expect((await known.of('org_a', sample('Well.'), [policy('a@1')], judge)).outcome).toBe('unavailable')
})

test('what was not asked about for longest is forgotten', async () => {
  const [known, { judge, calls }] = [new KnownJudgements(), counted()]
  const ask = (text: string) => known.of('org_a', sample(text), [policy('a@1')], judge)
  await ask('kept')
  for (let index = 0; index < 5000; index++) {
    await ask(String(index))
    if (index % 100 === 0) await ask('kept')
  }
  const before = calls()
  await ask('kept')
  expect(calls()).toBe(before)
  await ask('0')
  expect(calls()).toBe(before + 1)
})
