import type { RequestId } from '../../src/core/ids.ts'
import { plainRequest, plainSampling, type EngineRequest } from '../../src/core/request.ts'

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
      ...plainSampling,
      temperature: 0,
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
