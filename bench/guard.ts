/**
 * What the guard costs: the same answers through the same stages, with the policies `open` and `standard`, in one run.
 * The engine says ordinary prose at a steady pace, so that what differs is the guard: `npm run bench:guard`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { loadConfig } from '../src/config.ts'
import type { EntryId, KeyId, RequestId } from '../src/core/ids.ts'
import type { Part } from '../src/core/part.ts'
import { homeOrganisation, type Principal } from '../src/core/principal.ts'
import { plainRequest, plainSampling, type Request } from '../src/core/request.ts'
import { openGuard, type OpenGuard } from '../src/server/open-guard.ts'

const tokens = 120
const milliseconds = 8
const words =
  'The harbour lies in the north of the town, and boats leave it every morning for the islands, where people fish and mend their nets. '.split(
    /(?<=\s)/,
  )

const principal: Principal = {
  kind: 'key',
  keyId: 'key_bench' as KeyId,
  name: 'bench',
  organisationId: homeOrganisation,
  personId: null,
  role: 'member',
  endUser: null,
  network: null,
}

async function* drafted(): AsyncGenerator<Part> {
  yield { type: 'start', promptTokens: 12, cachedTokens: 0 }
  for (let token = 0; token < tokens; token++) {
    await pause(milliseconds)
    yield {
      type: 'text-delta',
      choice: 0,
      text: words[token % words.length] ?? '',
      tokens: 1,
      logprobs: null,
    }
  }
  yield { type: 'finish', choice: 0, reason: 'length' }
  yield {
    type: 'usage',
    usage: { promptTokens: 12, cachedTokens: 0, outputTokens: tokens, reasoningTokens: 0 },
  }
}

async function one(guard: OpenGuard, index: number): Promise<{ first: number; last: number }> {
  const id = `req_bench${index}` as RequestId
  const signal = new AbortController().signal
  const request: Request = {
    ...plainRequest,
    id,
    model: 'bench',
    input: {
      kind: 'chat',
      messages: [{ role: 'user', content: `Tell me about the harbour of town ${index}.` }],
    },
    sampling: { ...plainSampling, seed: 0 },
    choices: 1,
    maxTokens: tokens,
    stop: [],
    ignoreEos: false,
    topLogprobs: null,
    signal,
  }
  const asking = { id, model: 'bench', kind: 'answer', work: request, request } as const
  const judged = { asking, principal, level: 'good', entryId: 'ent_bench' as EntryId, signal } as const
  const begun = performance.now()
  let first = Number.NaN
  const question = guard.judgeInput(judged)
  for await (const part of guard.release(drafted(), question, { ...judged, onVerdict: () => {} })) {
    if (part.type === 'text-delta' && Number.isNaN(first)) first = performance.now() - begun
  }
  return { first, last: performance.now() - begun }
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.NaN

const home = mkdtempSync(join(tmpdir(), 'elpis-bench-guard-'))
const guards = new Map<string, OpenGuard>()
for (const policy of ['open', 'standard']) {
  const config = loadConfig({ ELPIS_HOME: home, ELPIS_GUARD_POLICY: policy })
  guards.set(
    policy,
    await openGuard(config, { log: () => {}, onSignal: () => {}, verdicts: null, engine: null }),
  )
}
try {
  for (const guard of guards.values()) await one(guard, 0)
  console.log('streams  policy    first text ms  last part ms  tokens/s')
  for (const streams of [1, 4, 16]) {
    for (const [policy, guard] of guards) {
      const begun = performance.now()
      const all = await Promise.all(Array.from({ length: streams }, (_, index) => one(guard, index)))
      const rate = (streams * tokens) / ((performance.now() - begun) / 1000)
      const first = median(all.map((it) => it.first)).toFixed(0)
      const last = median(all.map((it) => it.last)).toFixed(0)
      console.log(
        `${String(streams).padStart(7)}  ${policy.padEnd(8)}  ${first.padStart(13)}  ${last.padStart(12)}  ${rate.toFixed(0).padStart(8)}`,
      )
    }
  }
} finally {
  for (const guard of guards.values()) await guard.close()
  rmSync(home, { recursive: true, force: true })
}
