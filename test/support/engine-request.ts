import type { RequestId } from '../../src/core/ids.ts'
import { plainRequest, type EngineRequest } from '../../src/core/request.ts'

/** A greedy question to an engine, with `changes`. */
export function engineRequest(
  model: string,
  question: string,
  changes: Partial<EngineRequest> = {},
): EngineRequest {
  return {
    ...plainRequest,
    share: { account: 'key_test', weight: 1, cacheScope: 'test' },
    id: 'req_test' as RequestId,
    model,
    input: { kind: 'chat', messages: [{ role: 'user', content: question }] },
    sampling: {
      temperature: 0,
      topP: 1,
      topK: 0,
      minP: 0,
      repeatPenalty: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
      logitBias: new Map(),
      seed: 1,
    },
    choices: 1,
    maxTokens: null,
    stop: [],
    ignoreEos: false,
    topLogprobs: null,
    signal: new AbortController().signal,
    ...changes,
  }
}
