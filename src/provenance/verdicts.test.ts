import { expect, test } from 'vitest'
import { gravestAction, judgeVerdict } from './verdicts.ts'

test('a verdict between what the mildest and the strictest secret make of it accuses nobody', () => {
  const bounds = { mildest: 'flag', strictest: 'block' } as const
  const said = (['allow', 'flag', 'review', 'redact', 'block'] as const).map((it) => judgeVerdict(it, bounds))
  expect(said).toEqual(['milder', 'open', 'open', 'open', 'open'])
})

test('where no secret changes it, every other verdict is false', () => {
  const bounds = { mildest: 'flag', strictest: 'flag' } as const
  const said = (['allow', 'flag', 'block'] as const).map((it) => judgeVerdict(it, bounds))
  expect(said).toEqual(['milder', 'same', 'graver'])
})

test('the gravest of the actions of all windows counts', () => {
  expect(gravestAction([])).toBe('allow')
  expect(gravestAction(['flag', 'redact', 'allow'])).toBe('redact')
})
