/**
 * The process of one model, on the real model and over its own protocol. Texts are compared on one fixed CPU level:
 * others round differently.
 */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chooseCpuBackend } from '../src/engine/child/libraries.ts'
import { Noise } from '../src/engine/child/noise.ts'
import { librariesFolder } from '../src/engine/native-libraries.ts'
import type { Job, Segment } from '../src/engine/protocol.ts'
import { EngineChild, greedy } from './support/engine-child.ts'
import { realModelPath } from './support/real-model.ts'

const cpuLevel = 'haswell'

function runsHere(level: string): boolean {
  try {
    return chooseCpuBackend(librariesFolder(), level).level === level
  } catch {
    return false
  }
}

const fixed = runsHere(cpuLevel)
if (!fixed)
  console.warn(`CPU level ${cpuLevel} does not run on this machine: texts are compared on the best one.`)

/** A conversation as the model's own template writes it. */
function ask(question: string): Segment[] {
  return [
    { text: '<|im_start|>user\n', control: true },
    { text: question, control: false },
    { text: '<|im_end|>\n<|im_start|>assistant\n', control: true },
  ]
}

const words = 'river mountain city train music bread winter lamp garden letter'.split(' ')
const longText = (length: number, seed: number) =>
  Array.from({ length }, (_, index) => words[(index * index + seed * 3 + index) % words.length]).join(' ')

/** Nine questions of very different lengths, greedy and sampled, that end at different times. */
const mixedJobs: Partial<Job>[] = [3, 70, 10, 20, 120, 6, 40, 5, 12].map((length, index) => ({
  prompt: ask(`Tell me story number ${index} about ${longText(length, index)}.`),
  maxTokens: [6, 30, 12, 24, 14, 36, 10, 20, 8][index]!,
  ignoreEos: true,
  sampling: index % 2 === 0 ? greedy : { ...greedy, temperature: 0.9, seed: index },
}))

let model: string
let engine: EngineChild

beforeAll(async () => {
  model = await realModelPath()
  engine = new EngineChild()
  await engine.load({
    path: model,
    cpuLevel: fixed ? cpuLevel : null,
    // Small, so that answers meet each other's borders.
    cacheTokens: 768,
    contextTokens: 320,
  })
})

afterAll(async () => {
  await engine.close()
})

describe('answers', () => {
  test('knows the capital of France, and stops when its turn ends', async () => {
    const { choices, usage } = await engine.run({
      prompt: ask('What is the capital of France?'),
      maxTokens: 40,
    })
    expect(choices[0]?.text).toContain('Paris')
    expect(choices[0]?.text).not.toContain('<|im_end|>')
    expect(choices[0]?.reason).toBe('stop')
    expect(usage?.promptTokens).toBe(16)
  })

  test.runIf(fixed)(
    'the same request gives the same text alone and beside eight others, which begin and end meanwhile',
    async () => {
      const solo: (string | undefined)[] = []
      for (const job of mixedJobs) solo.push((await engine.run(job)).choices[0]?.text)
      expect(new Set(solo).size).toBe(mixedJobs.length)
      const forward = await Promise.all(mixedJobs.map((job) => engine.run(job)))
      expect(forward.map(({ choices }) => choices[0]?.text)).toEqual(solo)
      const backward = await Promise.all(mixedJobs.toReversed().map((job) => engine.run(job)))
      expect(backward.map(({ choices }) => choices[0]?.text)).toEqual(solo.toReversed())
    },
  )

  test('several choices differ by their noise, share one prompt, and come again with the same seed', async () => {
    const job = {
      prompt: ask('Name an animal.'),
      choices: 4,
      maxTokens: 12,
      sampling: { ...greedy, temperature: 1, seed: 7 },
    }
    const first = await engine.run(job)
    const again = await engine.run(job)
    const texts = first.choices.map(({ text }) => text)
    expect(new Set(texts).size).toBeGreaterThan(1)
    expect(again.choices.map(({ text }) => text)).toEqual(texts)
    expect(first.usage?.promptTokens).toBe(again.usage?.promptTokens)
    const other = await engine.run({ ...job, sampling: { ...job.sampling, seed: 8 } })
    expect(other.choices.map(({ text }) => text)).not.toEqual(texts)
  })

  test('a choice can be checked from the probabilities, the seed and the noise', async () => {
    const seed = 11
    const { choices } = await engine.run({
      prompt: ask('Say something.'),
      maxTokens: 8,
      topLogprobs: 20,
      sampling: { ...greedy, temperature: 1, topK: 20, seed },
    })
    const noise = new Noise(seed, 0)
    for (const [position, { token, top }] of (choices[0]?.logprobs ?? []).entries()) {
      const scores = top.map((other) => other.logprob + noise.gumbel(position, other.token))
      expect(top[scores.indexOf(Math.max(...scores))]?.token).toBe(token)
    }
    expect(choices[0]?.logprobs.length).toBe(8)
  })

  test('probabilities add up, and the bytes of tokens are the text', async () => {
    const { choices } = await engine.run({ prompt: ask('Write an emoji: 😀'), maxTokens: 20, topLogprobs: 5 })
    const [answer] = choices
    const bytes = (answer?.logprobs ?? []).flatMap((entry) => entry.bytes)
    expect(new TextDecoder().decode(Uint8Array.from(bytes))).toBe(answer?.text)
    for (const { top, logprob } of answer?.logprobs ?? []) {
      expect(top.length).toBe(5)
      expect(top.reduce((sum, other) => sum + Math.exp(other.logprob), 0)).toBeLessThanOrEqual(1.000_001)
      expect(logprob).toBe(top[0]?.logprob)
    }
  })

  test('ends before a stop string, and says nothing of it', async () => {
    const job = { prompt: ask('Count from one to ten.'), maxTokens: 60 }
    const whole = (await engine.run(job)).choices[0]?.text ?? ''
    const stop = whole.slice(20, 27)
    const { choices } = await engine.run({ ...job, stop: [stop], topLogprobs: 0 })
    expect(choices[0]).toMatchObject({ text: whole.slice(0, whole.indexOf(stop)), reason: 'stop' })
  })

  test('control tokens that a user writes are text, and cost more than one token', async () => {
    const written = await engine.run({ prompt: [{ text: '<|im_end|>', control: false }], maxTokens: 1 })
    const meant = await engine.run({ prompt: [{ text: '<|im_end|>', control: true }], maxTokens: 1 })
    expect(meant.usage?.promptTokens).toBe(1)
    expect(written.usage?.promptTokens).toBeGreaterThan(3)
  })

  test('a sentence is the same in one segment and in many', async () => {
    const sentence = 'The quick brown fox jumps over the lazy dog, again'
    const job = { maxTokens: 12, ignoreEos: true }
    const one = await engine.run({ ...job, prompt: [{ text: sentence, control: false }] })
    const cut = sentence.split('').map((text, index) => ({ text, control: index % 3 === 0 }))
    const other = await engine.run({ ...job, prompt: cut })
    expect(other.choices).toEqual(one.choices)
    expect(other.usage?.promptTokens).toBe(one.usage?.promptTokens)
    // The same tokens: all but the last, which is always computed, were there.
    expect(other.usage?.cachedTokens).toBe(11 - 1)
  })
})

describe('bounds', () => {
  test('a prompt that does not fit is refused with both numbers, also a very long one', async () => {
    const prompt = [{ text: 'word '.repeat(200_000), control: false }]
    const { failure } = await engine.run({ prompt })
    expect(failure).toMatchObject({ type: 'too-long', contextTokens: 320 })
    expect(failure?.type === 'too-long' && failure.promptTokens).toBeGreaterThan(199_999)
  })

  test('an answer ends where the context does', async () => {
    const { choices, usage } = await engine.run({
      prompt: ask(longText(290, 1)),
      maxTokens: null,
      ignoreEos: true,
    })
    expect(choices[0]?.reason).toBe('length')
    expect((usage?.promptTokens ?? 0) + (usage?.outputTokens ?? 0)).toBe(320)
  })

  test('an empty prompt fails, and no tokens asked for are none computed', async () => {
    expect((await engine.run({ prompt: [] })).failure).toMatchObject({ type: 'failed' })
    const { choices, usage } = await engine.run({ prompt: ask('Hello'), maxTokens: 0 })
    expect(choices[0]).toEqual({ text: '', logprobs: [], reason: 'length' })
    expect(usage?.outputTokens).toBe(0)
  })

  test('text that is long and all alike is tokenised without harm', async () => {
    for (const text of ['a', '1', ' ', '\n', '!', '😀', '\u0000']) {
      const prompt = [{ text: text.repeat(200_000), control: false }]
      const { failure } = await engine.run({ prompt, maxTokens: 0 })
      expect(failure?.type).toBe('too-long')
    }
  })

  test('a cancelled answer stops within a step, also in its prompt', async () => {
    const answering = engine.begin({ prompt: ask('Tell me a long story.'), maxTokens: null, ignoreEos: true })
    let texts = 0
    const answered = await engine.result(answering, (event) => {
      if (event.type === 'text' && ++texts === 3) engine.send({ type: 'cancel', job: answering })
    })
    expect(answered.choices[0]?.reason).toBe('cancelled')
    // What was on its way when the third was read.
    expect(texts).toBeLessThan(40)
    const reading = engine.begin({ prompt: ask(longText(280, 2)) })
    const read = await engine.result(reading, (event) => {
      if (event.type === 'started') engine.send({ type: 'cancel', job: reading })
    })
    expect(read.choices[0]).toMatchObject({ text: '', reason: 'cancelled' })
    const { choices } = await engine.run({ prompt: ask('What is the capital of France?'), maxTokens: 40 })
    expect(choices[0]?.text).toContain('Paris')
  })

  test.runIf(fixed)(
    'more than the cache holds takes turns, and everybody gets what they would alone',
    async () => {
      const jobs = [0, 1, 2].map((index) => ({
        prompt: ask(longText(270, index)),
        maxTokens: 12 + index,
        ignoreEos: true,
      }))
      const solo: (string | undefined)[] = []
      for (const job of jobs) solo.push((await engine.run(job)).choices[0]?.text)
      const together = await Promise.all(jobs.map((job) => engine.run(job)))
      expect(together.map(({ choices }) => choices[0]?.text)).toEqual(solo)
    },
  )
})

describe('the process', () => {
  test('says what it loaded', async () => {
    const other = new EngineChild({ ELPIS_ENGINE_LOCKDOWN: 'something' })
    const fractions: number[] = []
    other.onReport((report) => {
      if (report.type === 'loading') fractions.push(report.fraction)
    })
    const loaded = await other.load({ path: model, sequences: 2, cacheTokens: 512, contextTokens: 512 })
    expect(loaded).toMatchObject({
      bosText: '<|im_start|>',
      eosText: '<|im_end|>',
      vocabularySize: 49_152,
      trainedContextTokens: 8192,
      description: 'llama 135M Q4_1',
      layout: expect.stringMatching(/./),
      lockdown: 'something',
    })
    expect(loaded.build).toMatch(/^llama\.cpp \S+ \S+$/)
    expect(loaded.chatTemplate).toContain('im_start')
    expect(loaded.controlTokens).toContain('<|im_end|>')
    expect(fractions).toEqual(fractions.toSorted((left, right) => left - right))
    expect(fractions.length).toBeGreaterThan(2)
    other.process.disconnect()
    await new Promise((resolve) => {
      other.process.once('exit', resolve)
    })
    expect(other.process.exitCode).toBe(0)
  })

  test('says why a file cannot be loaded, and ends', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'elpis-broken-'))
    try {
      const noise = join(folder, 'noise.gguf')
      await writeFile(noise, 'this is no model')
      const cut = join(folder, 'cut.gguf')
      const source = await open(model)
      const { buffer, bytesRead } = await source.read(Buffer.alloc(8_000_000), 0, 8_000_000, 0)
      await source.close()
      await writeFile(cut, buffer.subarray(0, bytesRead))
      for (const path of [noise, cut, join(folder, 'missing.gguf')]) {
        const child = new EngineChild()
        const exited = new Promise((resolve) => {
          child.process.once('exit', resolve)
        })
        await expect(child.load({ path })).rejects.toThrow(/\S/)
        expect(await exited).toBe(1)
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('refuses a CPU level that it does not know', async () => {
    await expect(new EngineChild().load({ path: model, cpuLevel: 'abacus' })).rejects.toThrow('abacus')
  })
})
