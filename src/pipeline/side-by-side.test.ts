import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Part } from '../core/part.ts'
import { fold } from './fold.ts'
import { sideBySide } from './side-by-side.ts'

async function* saying(
  words: readonly string[],
  choices: number,
  wait: () => Promise<void>,
): AsyncGenerator<Part> {
  yield { type: 'start', promptTokens: 1, cachedTokens: 0 }
  for (const text of words) {
    await wait()
    for (let choice = 0; choice < choices; choice++) {
      yield { type: 'text-delta', choice, text: `${text}${choice}`, tokens: 1, logprobs: null }
    }
  }
  for (let choice = 0; choice < choices; choice++) yield { type: 'finish', choice, reason: 'stop' }
  const outputTokens = words.length * choices
  yield { type: 'usage', usage: { promptTokens: 1, cachedTokens: 0, outputTokens, reasoningTokens: 0 } }
}

test('adds up to what each would be alone, whatever order their parts come in', async () => {
  const texts = fc.array(fc.array(fc.string(), { maxLength: 4 }), { minLength: 1, maxLength: 6 })
  const bounds = { choices: fc.integer({ min: 1, max: 3 }), atOnce: fc.integer({ min: 1, max: 4 }) }
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      texts,
      fc.record(bounds),
      async (scheduler, all, { choices, atOnce }) => {
        let running = 0
        let most = 0
        let aborted = 0
        const answers = all.map(
          (words) =>
            async function* () {
              most = Math.max(most, ++running)
              yield* saying(words, choices, () => scheduler.schedule(Promise.resolve()))
              running--
            },
        )
        const parts = sideBySide(answers, { choices, atOnce, abort: () => void aborted++ })
        const answer = await scheduler.waitFor(fold(parts, all.length * choices))
        expect(answer.choices.map(({ text }) => text)).toEqual(
          all.flatMap((words) =>
            Array.from({ length: choices }, (_, choice) => words.map((word) => `${word}${choice}`).join('')),
          ),
        )
        expect(answer.usage.promptTokens).toBe(all.length)
        expect(answer.usage.outputTokens).toBe(choices * all.flat().length)
        expect(most).toBeLessThanOrEqual(atOnce)
        expect(aborted).toBe(1)
      },
    ),
  )
})
