import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { Judge } from './judge.ts'
import { JudgeModel } from './model.ts'

interface Expected {
  readonly text: string
  readonly response: string | null
  /** Verdicts, then hazards, before calibration: at a glance, and after the last layer. */
  readonly glance: readonly number[]
  readonly judge: readonly number[]
}
const expected = JSON.parse(
  readFileSync(new URL('../models/expected.json', import.meta.url), 'utf8'),
) as readonly Expected[]
const opened: Judge[] = []
afterEach(async () => {
  for (const judge of opened.splice(0)) await judge.close()
})

/** What eight-bit activations and seven-bit weights may change of a logit. */
const tolerance = 0.35

test('the judge computes what training computed, but for rounding', () => {
  const model = new JudgeModel()
  for (const { text, response, glance, judge } of expected) {
    const logits = model.logits(text, response)
    // Verdicts that are asked for: harm of a prompt or of a response, and attack.
    for (const output of [response === null ? 0 : 1, 2]) {
      expect(Math.abs((logits.glance[output] ?? NaN) - (glance[output] ?? NaN))).toBeLessThan(tolerance)
      expect(Math.abs((logits.last[output] ?? NaN) - (judge[output] ?? NaN))).toBeLessThan(tolerance)
    }
  }
})

test('a thread computes the same; a passage alone and among others gets the same scores', async () => {
  const [model, judge] = [new JudgeModel(), new Judge()]
  opened.push(judge)
  const passages = expected.map(({ text, response }) => ({ prompt: text, response }))
  const together = await Promise.all(passages.map((passage) => judge.score(passage)))
  expect(together).toEqual(passages.map((passage) => model.score(passage)))
})

test('what is too long is an error, not a verdict on a part of it', async () => {
  const judge = new Judge()
  opened.push(judge)
  await expect(judge.score({ prompt: 'one two three '.repeat(4000), response: null })).rejects.toThrow(
    'too long',
  )
  await expect(judge.score({ prompt: 'Good morning', response: null })).resolves.toHaveProperty('harm')
})

test('a thread that dies, hangs or cannot start is an error for all who wait, and the next passage gets a new one', async () => {
  const thread = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`)
  const passage = { prompt: 'Good morning', response: null }
  const dying = new Judge({
    entry: thread(
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(1))",
    ),
  })
  const hanging = new Judge({
    entry: thread(
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { for (;;); })",
    ),
    patience: 300,
  })
  const broken = new Judge({ entry: thread("throw new Error('no weights')") })
  opened.push(dying, hanging, broken)
  for (const judge of [dying, hanging, broken]) {
    await expect(judge.score(passage)).rejects.toThrow('judge')
    await expect(Promise.all([judge.score(passage), judge.score(passage)])).rejects.toThrow('judge')
  }
})

test('a closed judge says no', async () => {
  const judge = new Judge()
  const waiting = judge.score({ prompt: 'Good morning', response: null })
  waiting.catch(() => {})
  await judge.close()
  await expect(waiting).rejects.toThrow('closed')
  await expect(judge.score({ prompt: 'Good morning', response: null })).rejects.toThrow('closed')
})
