/** The prefix cache and long prompts on the real model: what is shared, what it saves, and that nobody can tell from a text. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { chooseCpuBackend } from '../src/engine/child/libraries.ts'
import { embeddedEngine } from '../src/engine/embedded-engine.ts'
import { librariesFolder } from '../src/engine/native-libraries.ts'
import type { LoadOptions, Segment } from '../src/engine/protocol.ts'
import { collect } from './support/collect.ts'
import { EngineChild, greedy } from './support/engine-child.ts'
import { engineRequest } from './support/engine-request.ts'
import { realModelPath } from './support/real-model.ts'
import { writeTinyModel } from './tiny-models/families.ts'

function fixedLevel(): string | null {
  try {
    return chooseCpuBackend(librariesFolder(), 'haswell').level
  } catch {
    return null
  }
}

const words = 'river mountain city train music bread winter lamp garden letter'.split(' ')
const longText = (length: number, seed = 0) =>
  Array.from({ length }, (_, index) => words[(index * index + seed * 3 + index) % words.length]).join(' ')

function conversation(system: string, question: string): Segment[] {
  return [
    { text: '<|im_start|>system\n', control: true },
    { text: system, control: false },
    { text: '<|im_end|>\n<|im_start|>user\n', control: true },
    { text: question, control: false },
    { text: '<|im_end|>\n<|im_start|>assistant\n', control: true },
  ]
}

/** Results are the same to the bit only where the kernels are. */
const fixed = fixedLevel() !== null

const engines: EngineChild[] = []

async function engineOf(options: Partial<LoadOptions> = {}): Promise<EngineChild> {
  const engine = new EngineChild()
  engines.push(engine)
  await engine.load({ path: await realModelPath(), cpuLevel: fixedLevel(), cacheTokens: 2048, ...options })
  return engine
}

const system = longText(300)
const questions = Array.from(
  { length: 8 },
  (_, index) => `Question ${index}: what about ${longText(5, index)}?`,
)
const job = (index: number) => ({
  prompt: conversation(system, questions[index]!),
  maxTokens: 16,
  ignoreEos: true,
  sampling: index % 2 === 0 ? greedy : { ...greedy, temperature: 0.9, seed: index },
})

describe('a prefix that eight requests share', () => {
  const cold: string[] = []
  const uncached: (number | undefined)[] = []
  let engine: EngineChild

  beforeAll(async () => {
    const first = await engineOf({ parkedBytes: 0 })
    for (const index of questions.keys()) {
      // In a scope of its own everything is computed anew.
      const { choices, usage } = await first.run({ ...job(index), cacheScope: `${index}` })
      uncached.push(usage?.cachedTokens)
      cold.push(choices[0]!.text)
    }
    engine = await engineOf()
  }, 480_000)

  afterAll(async () => {
    await Promise.all(engines.map((each) => each.close()))
  })

  test.runIf(fixed)(
    'is computed once when all come together, and the texts are those of a cold cache',
    async () => {
      const results = await Promise.all(questions.map((_, index) => engine.run(job(index))))
      expect(results.map(({ choices }) => choices[0]?.text)).toEqual(cold)
      const cached = results.map(({ usage }) => usage?.cachedTokens ?? 0)
      expect(cached[0]).toBe(0)
      for (const tokens of cached.slice(1)) expect(tokens).toBeGreaterThan(300)
      expect(uncached).toEqual(questions.map(() => 0))
      expect(new Set(cold).size).toBeGreaterThan(4)
    },
  )

  test.runIf(fixed)(
    'is found again later, whole, also after it was moved out of the way by others',
    async () => {
      const again = await engine.run(job(3))
      expect(again.choices[0]?.text).toBe(cold[3])
      expect(again.usage?.cachedTokens).toBe(again.usage!.promptTokens - 1)
      for (let round = 0; round < 4; round++) {
        const prompt = conversation(longText(600, round + 1), 'And?')
        expect((await engine.run({ prompt, maxTokens: 4 })).usage?.cachedTokens).toBeLessThan(30)
      }
      const late = await engine.run(job(4))
      expect(late.choices[0]?.text).toBe(cold[4])
      expect(late.usage?.cachedTokens).toBe(late.usage!.promptTokens - 1)
    },
  )

  test.runIf(fixed)('is not shared with another scope, but for an open text', async () => {
    const stranger = await engine.run({ ...job(5), cacheScope: 'stranger' })
    expect(stranger.usage?.cachedTokens).toBe(0)
    expect(stranger.choices[0]?.text).toBe(cold[5])
    const open = longText(300, 7)
    const of = (index: number, cacheScope: string) =>
      engine.run({
        prompt: conversation(open, questions[index]!),
        maxTokens: 8,
        ignoreEos: true,
        cacheScope,
        open: { text: open, prompt: conversation(open, '').slice(0, 2) },
      })
    const first = await of(0, 'these')
    const second = await of(0, 'those')
    expect(first.usage?.cachedTokens).toBeLessThan(10)
    expect(second.usage?.cachedTokens).toBeGreaterThan(300)
    // The question itself, which is the same, is not shared.
    expect(second.usage?.cachedTokens).toBeLessThan(second.usage!.promptTokens - 15)
    expect(second.choices).toEqual(first.choices)
  })

  test.runIf(fixed)(
    'a conversation goes on where the last answer ended, as if it had been computed at once',
    async () => {
      const opening = { prompt: conversation('Be brief.', 'Name three rivers.'), maxTokens: 24 }
      const answer = (await engine.run(opening)).choices[0]?.text ?? ''
      const prompt: Segment[] = [
        ...opening.prompt,
        { text: answer, control: false },
        { text: '<|im_end|>\n<|im_start|>user\n', control: true },
        { text: 'And three mountains.', control: false },
        { text: '<|im_end|>\n<|im_start|>assistant\n', control: true },
      ]
      const followed = await engine.run({ prompt, maxTokens: 24 })
      const alone = await engine.run({ prompt, maxTokens: 24, cacheScope: 'alone' })
      expect(followed.usage?.cachedTokens).toBeGreaterThan(30)
      expect(alone.usage?.cachedTokens).toBe(0)
      expect(followed.choices).toEqual(alone.choices)
    },
  )
})

describe('a system prompt that was declared', () => {
  const declared = longText(300, 8)
  const asked = (cacheScope: string, system: string) => {
    const request = engineRequest('m', '', { maxTokens: 4 })
    const messages = [
      { role: 'system' as const, content: system },
      { role: 'user' as const, content: 'What is a <|im_end|>?' },
    ]
    return {
      ...request,
      input: { kind: 'chat' as const, messages },
      share: { ...request.share, cacheScope },
    }
  }

  test('is computed once for all organisations, and what follows it for each', async () => {
    const served = embeddedEngine({
      models: [{ id: 'm', path: await realModelPath(), digest: null, licence: null, createdAt: 1 }],
      settings: { ...settings.parse({}).engine, context: 1024, shared_prompts: [declared] },
      queue: 10,
    })
    const cachedTokens = async (cacheScope: string, system: string) => {
      const parts = await collect(served.generate(asked(cacheScope, system)))
      return parts.find((part) => part.type === 'usage')?.usage.cachedTokens ?? Number.NaN
    }
    expect(await cachedTokens('these', `${declared} We are these.`)).toBeLessThan(30)
    const others = await cachedTokens('those', `${declared} We are those.`)
    expect(others).toBeGreaterThan(300)
    const same = await cachedTokens('third', `${declared} We are these.`)
    // As much as the others: of the words behind it nothing.
    expect(same).toBe(others)
    expect(await cachedTokens('these', `${declared} We are these.`)).toBeGreaterThan(same + 5)
    const undeclared = longText(300, 9)
    expect(await cachedTokens('these', undeclared)).toBeLessThan(30)
    expect(await cachedTokens('those', undeclared)).toBeLessThan(30)
    await served.close()
  }, 60_000)
})

describe('a prompt of 2,000 tokens', () => {
  test('comes in beside four streams, which go on all the while', async () => {
    const engine = await engineOf({ contextTokens: 3000, cacheTokens: 8192 })
    const times: number[][] = [[], [], [], []]
    for (const [index, list] of times.entries()) {
      const prompt = conversation('Go on.', questions[index]!)
      engine.onEvent(engine.begin({ prompt, maxTokens: 1500, ignoreEos: true }), (event) => {
        if (event.type === 'text') list.push(performance.now())
      })
    }
    await expect.poll(() => times[3]!.length, { timeout: 60_000 }).toBeGreaterThan(60)
    const begun = performance.now()
    const { usage } = await engine.run({ prompt: conversation(longText(1980), 'And?'), maxTokens: 1 })
    const ended = performance.now()
    expect(usage?.promptTokens).toBeGreaterThan(1980)
    // How long a step takes is for a machine at rest to show; that there are many, between which all four go on, for any.
    for (const list of times)
      expect(list.filter((time) => time >= begun && time <= ended).length).toBeGreaterThan(60)
    await engine.close()
  }, 480_000)
})

/** That they save steps is shown by `scheduler.test.ts`, which counts them. */
describe('drafts', () => {
  test.runIf(fixed)(
    'change nothing of a text that repeats itself, alone and together',
    async () => {
      const list =
        'alpha, bravo, charlie, delta, echo, foxtrot, golf, hotel, india, juliett, kilo, lima, mike'
      const prompt = conversation('Repeat what the user says, word for word.', `${list}. ${list}.`)
      const told = []
      for (const drafts of ['always', 'never'] as const) {
        const engine = await engineOf({ drafts })
        const greedily = await engine.run({ prompt, maxTokens: 80, ignoreEos: true })
        const sampled = { ...greedy, temperature: 0.6, seed: 4, topP: 0.9, repeatPenalty: 1.05 }
        const together = [0, 1, 2].map((index) =>
          engine.run({ ...job(index), prompt, sampling: { ...sampled, seed: index }, maxTokens: 60 }),
        )
        const texts = [greedily, ...(await Promise.all(together))].map(({ choices }) => choices[0]?.text)
        told.push(texts)
        await engine.close()
      }
      const [drafted, plain] = told
      expect(drafted).toEqual(plain)
      // It does repeat itself, so that there is something to draft.
      expect(plain?.[0]).toMatch(/(.{20,}).*\1/s)
    },
    60_000,
  )
})

describe('a model whose attention has a window', () => {
  test.runIf(fixed)('says the same from a cache that was moved and parked as from an empty one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'elpis-window-'))
    const path = join(folder, 'gemma.gguf')
    await writeTinyModel('gemma-3', path)
    const engine = await engineOf({ path, cacheTokens: 4000, contextTokens: 3500 })
    const prompt = (length: number, seed: number) => [{ text: longText(length, seed), control: false }]
    const asked = { maxTokens: 12, ignoreEos: true, topLogprobs: 0 }
    const cold = await engine.run({ ...asked, prompt: prompt(300, 1), cacheScope: 'cold' })
    // Longer than what is asked later, so that it is cut; then others take its room, so that it is parked.
    await engine.run({ ...asked, prompt: prompt(550, 1) })
    for (const seed of [2, 3, 4])
      await engine.run({ ...asked, prompt: prompt(550, seed), cacheScope: 'cold' })
    const warm = await engine.run({ ...asked, prompt: prompt(300, 1) })
    expect(warm.usage?.promptTokens).toBeGreaterThan(1500)
    expect(warm.usage?.cachedTokens).toBe(warm.usage!.promptTokens - 1)
    const [cached, computed] = [warm, cold].map(({ choices }) => choices[0]!.logprobs)
    expect(cached!.map(({ token }) => token)).toEqual(computed!.map(({ token }) => token))
    // Weights that are not quantised round one token and several differently, at about the fifth digit.
    for (const [index, { logprob }] of cached!.entries())
      expect(logprob).toBeCloseTo(computed![index]!.logprob, 3)
    await engine.close()
    await rm(folder, { recursive: true })
  })
})
