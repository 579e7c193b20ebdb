/** Exact and fast attention with the real model: `engine.attention`. */
import { afterEach, expect, test } from 'vitest'
import type { AttentionMode, Job, LoadedModel } from '../src/engine/protocol.ts'
import { EngineChild, greedy } from './support/engine-child.ts'
import { realModelPath } from './support/real-model.ts'

let engine: EngineChild
afterEach(() => engine.close())

async function load(attention: AttentionMode): Promise<LoadedModel> {
  engine = new EngineChild()
  return engine.load({ path: await realModelPath(), contextTokens: 2048, cacheTokens: 16_384, attention })
}

/** Long enough for the ways that attention has of more than 512 cells. */
const rules = Array.from(
  { length: 45 },
  (_, index) => `Rule ${index + 1}: answer politely and in plain words.`,
)

function job(question: string, changes: Partial<Job> = {}): Partial<Omit<Job, 'id'>> {
  const prompt = [
    { text: '<|im_start|>system\n', control: true },
    { text: rules.join(' '), control: false },
    { text: '<|im_end|>\n<|im_start|>user\n', control: true },
    { text: question, control: false },
    { text: '<|im_end|>\n<|im_start|>assistant\n', control: true },
  ]
  return { prompt, maxTokens: 24, ...changes }
}

const sampled = { ...greedy, temperature: 0.9, seed: 4 }

test('exact: a text behind a long prompt is the same alone and beside eight others, greedy and sampled', async () => {
  const { layout } = await load('exact')
  expect(layout).toContain('cache 8/1')
  const ask = async (changes: Partial<Job>) =>
    (await engine.run(job('Tell me about the sea.', changes))).choices[0]?.text
  const alone = [await ask({}), await ask({ sampling: sampled })]
  expect(alone[0]?.length).toBeGreaterThan(20)
  expect(alone[0]).not.toBe(alone[1])
  const others = Array.from({ length: 8 }, (_, index) =>
    engine.run(job(`Tell me a story about the number ${index}.`, { cacheScope: 'others' })),
  )
  const together = await Promise.all([
    // A scope of their own: the prompt is read again, beside those of the others.
    ask({ cacheScope: 'us' }),
    ask({ sampling: sampled, cacheScope: 'us' }),
    ...others,
  ])
  expect(together.slice(0, 2)).toEqual(alone)
})

test('fast: it answers, and says that its bits depend on neighbours', async () => {
  const { layout } = await load('fast')
  expect(layout).toBeNull()
  const { choices, usage } = await engine.run(job('Where is the Eiffel tower?'))
  expect(choices[0]?.text).toContain('Paris')
  expect(usage?.promptTokens).toBeGreaterThan(512)
})
