import { randomUUID } from 'node:crypto'
import type { Engine } from '../../core/engine.ts'
import type { RequestId } from '../../core/ids.ts'
import { plainRequest, plainSampling, type Input } from '../../core/request.ts'
import type { Passage, Scorer, Turn } from '../scores.ts'
import type { Answered, GuardModel } from './guard-model.ts'

const mostAlternatives = 20

/**
 * A guard model that an engine serves, embedded or upstream, as a layer. What it does wrong, answers otherwise or not in
 * time is thrown, and so counts as unavailable.
 *
 * @param patience milliseconds
 */
export function engineScorer(
  guardModel: GuardModel,
  { engine, model, patience }: { engine: Pick<Engine, 'generate'>; model: string; patience: number },
): Scorer {
  return {
    name: guardModel.name,
    async score(passage: Passage, turn: Turn) {
      const answers: Answered[] = []
      for (const input of guardModel.prompts(passage)) answers.push(await ask(input, turn))
      return guardModel.read(answers, passage)
    },
  }

  async function ask(input: Input, { account, later }: Turn): Promise<Answered> {
    const parts = engine.generate({
      ...plainRequest,
      id: `req_${randomUUID().replaceAll('-', '').slice(0, 22)}` as RequestId,
      model,
      input,
      sampling: { ...plainSampling, temperature: 0, seed: 0 },
      choices: 1,
      maxTokens: guardModel.tokens,
      stop: [],
      ignoreEos: false,
      topLogprobs: mostAlternatives,
      signal: AbortSignal.timeout(patience),
      // What an answer waits for comes before answers; what none waits for is work like any other of whoever asks.
      share: { account: later ? account : `guard ${account}`, weight: later ? 1 : 4, cacheScope: 'guard' },
    })
    let text = ''
    const tokens: { text: string; top: { text: string; logprob: number }[] }[] = []
    for await (const part of parts) {
      if (part.type === 'error') throw part.error
      if (part.type === 'finish' && part.reason === 'cancelled') throw new Error('it did not answer in time')
      if (part.type !== 'text-delta') continue
      text += part.text
      for (const chosen of part.logprobs ?? []) {
        const top = [chosen, ...chosen.top].map(({ bytes, logprob }) => ({ text: textOf(bytes), logprob }))
        const distinct = top.filter((it, index) => top.findIndex((other) => other.text === it.text) === index)
        tokens.push({ text: textOf(chosen.bytes), top: distinct })
      }
    }
    return { text, tokens }
  }
}

function textOf(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('utf8')
}
