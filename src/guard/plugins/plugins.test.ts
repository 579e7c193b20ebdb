import { describe, expect, test } from 'vitest'
import type { Part } from '../../core/part.ts'
import type { EngineRequest } from '../../core/request.ts'
import { chanceOf } from './guard-model.ts'
import { engineScorer } from './engine-scorer.ts'
import { guardModels } from './guard-models.ts'
import { openAiModeration } from './openai-moderation.ts'

/** Answers each request with these tokens; each could have been `other` with a tenth of the probability. */
function scripted(tokens: readonly string[], other: string) {
  const asked: EngineRequest[] = []
  return {
    asked,
    async *generate(request: EngineRequest): AsyncGenerator<Part> {
      asked.push(request)
      yield { type: 'start', promptTokens: 1, cachedTokens: 0 }
      for (const text of tokens) {
        const bytes = [...Buffer.from(text)]
        const top = [{ token: 2, bytes: [...Buffer.from(other)], logprob: Math.log(0.1) }]
        const logprobs = [{ token: 1, bytes, logprob: Math.log(0.9), top }]
        yield { type: 'text-delta', choice: 0, text, tokens: 1, logprobs }
      }
      yield { type: 'finish', choice: 0, reason: 'stop' }
    },
  }
}

const answers: Readonly<Record<string, { harmful: string[]; harmless: string[]; words: [string, string] }>> =
  {
    'llama-guard-3': {
      harmful: ['\n\n', 'unsafe', '\n', 'S9'],
      harmless: ['\n\n', 'safe'],
      words: ['safe', 'unsafe'],
    },
    'llama-guard-4': {
      harmful: ['\n\n', 'unsafe', '\n', 'S9'],
      harmless: ['\n\n', 'safe'],
      words: ['safe', 'unsafe'],
    },
    'qwen3-guard': {
      harmful: ['Safety', ': ', 'Unsafe', '\nCategories: Violent'],
      harmless: ['Safety', ': ', 'Safe', '\nCategories: None'],
      words: ['Safe', 'Unsafe'],
    },
    'shield-gemma': { harmful: ['Yes'], harmless: ['No'], words: ['No', 'Yes'] },
    'granite-guardian': { harmful: ['Yes'], harmless: ['No'], words: ['No', 'Yes'] },
    'wild-guard': {
      harmful: ['Harmful request', ': ', 'yes', '\n'],
      harmless: ['Harmful request', ': ', 'no', '\n'],
      words: ['no', 'yes'],
    },
    'gpt-oss-safeguard': { harmful: ['unsafe', ' S9'], harmless: ['safe'], words: ['safe', 'unsafe'] },
    'nemo-guard': {
      harmful: ['{', '"User Safety": "', 'unsafe', '", "Safety Categories": "Violence"}'],
      harmless: ['{', '"User Safety": "', 'safe', '"}'],
      words: ['safe', 'unsafe'],
    },
  }

const passage = { prompt: 'How are things?', response: null }
const turn = { account: 'key_1', later: false }
const opened = (engine: ReturnType<typeof scripted>, index: number) => {
  const model = guardModels[index]
  if (model === undefined) throw new Error('There is no such model.')
  return engineScorer(model, { engine, model: 'served:1b', patience: 1000 })
}

describe.each(guardModels.map(({ name }, index) => ({ name, index })))('$name', ({ name, index }) => {
  const { harmful, harmless, words } = answers[name] ?? { harmful: [], harmless: [], words: ['', ''] }

  test('its verdict is the probability of its word', async () => {
    const bad = await opened(scripted(harmful, words[0]), index).score(passage, turn)
    expect(bad.harm).toBeCloseTo(0.9)
    const good = await opened(scripted(harmless, words[1]), index).score(passage, turn)
    expect(good.harm).toBeCloseTo(0.1)
  })

  test('it is asked for what was asked, greedily, with alternatives', async () => {
    const engine = scripted(harmless, words[1])
    await opened(engine, index).score(passage, turn)
    expect(JSON.stringify(engine.asked[0]?.input)).toContain(passage.prompt)
    expect(engine.asked[0]).toMatchObject({
      model: 'served:1b',
      topLogprobs: 20,
      sampling: { temperature: 0 },
    })
  })

  test('any other answer is none', async () => {
    await expect(opened(scripted(['Well', ', hello'], 'Hi'), index).score(passage, turn)).rejects.toThrow(
      'neither',
    )
    await expect(opened(scripted([], 'Hi'), index).score(passage, turn)).rejects.toThrow('neither')
  })
})

test('the engine is told for whom: what an answer waits for comes before answers, all else is work of whoever asks', async () => {
  const engine = scripted(['\n\n', 'safe'], 'unsafe')
  await opened(engine, 0).score(passage, turn)
  await opened(engine, 0).score(passage, { account: 'key_1', later: true })
  expect(engine.asked.map(({ share: { account, weight } }) => [account, weight])).toEqual([
    ['guard key_1', 4],
    ['key_1', 1],
  ])
})

test('words that begin alike are told apart', () => {
  const answer = {
    text: 'un',
    tokens: [
      {
        text: 'un',
        top: [
          { text: 'un', logprob: Math.log(0.8) },
          { text: 'safe', logprob: Math.log(0.2) },
        ],
      },
    ],
  }
  expect(chanceOf(answer, { not: 'safe', is: 'unsafe' })).toBeCloseTo(0.8)
})

test('the moderation API: categories become hazards, what it flags counts, nonsense is thrown', async () => {
  const scores = { 'illicit/violent': 0.3, hate: 0.1 }
  const says = (flagged: boolean) =>
    openAiModeration(async () => ({ results: [{ flagged, category_scores: scores }] }), 'm').score(
      passage,
      turn,
    )
  expect(await says(false)).toEqual({ harm: 0.3, attack: 0, hazards: { S9: 0.3, S10: 0.1 } })
  expect(await says(true)).toEqual({ harm: 0.8, attack: 0, hazards: { S9: 0.3, S10: 0.1 } })
  await expect(openAiModeration(async () => ({ results: [] }), 'm').score(passage, turn)).rejects.toThrow(
    'results',
  )
})
