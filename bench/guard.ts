/**
 * What the guard costs: the same answers through the same stages, with the policies `open` and `standard`, in one run.
 * The engine says ordinary prose at a steady pace, so that what differs is the guard: `npm run bench:guard`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { loadConfig } from '../src/config.ts'
import { systemClock } from '../src/core/clock.ts'
import type { EntryId, KeyId, RequestId } from '../src/core/ids.ts'
import type { Part } from '../src/core/part.ts'
import { homeOrganisation, type Principal } from '../src/core/principal.ts'
import { plainRequest, plainSampling, type Request } from '../src/core/request.ts'
import { Cascade } from '../src/guard/cascade/cascade.ts'
import { JudgeModel } from '../src/guard/judge/model.ts'
import { openPolicyShelf } from '../src/guard/policy/shelf.ts'
import type { Scorer } from '../src/guard/scores.ts'
import { screenOfAnswers } from '../src/guard/screen/screen-of-answers.ts'
import { Screen } from '../src/guard/screen/screen.ts'
import { createGuard } from '../src/guard/stage/guard-stage.ts'
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

/** An answer of these words, one a token, so many milliseconds apart; 0: as fast as they are taken. */
async function* said(words: readonly string[], apart: number): AsyncGenerator<Part> {
  yield { type: 'start', promptTokens: 12, cachedTokens: 0 }
  for (const text of words) {
    if (apart > 0) await pause(apart)
    yield { type: 'text-delta', choice: 0, text, tokens: 1, logprobs: null }
  }
  yield { type: 'finish', choice: 0, reason: 'length' }
  yield {
    type: 'usage',
    usage: { promptTokens: 12, cachedTokens: 0, outputTokens: words.length, reasoningTokens: 0 },
  }
}

function asked(content: string) {
  const id = 'req_bench' as RequestId
  const signal = new AbortController().signal
  const request: Request = {
    ...plainRequest,
    id,
    model: 'bench',
    input: { kind: 'chat', messages: [{ role: 'user', content }] },
    sampling: { ...plainSampling, seed: 0 },
    choices: 1,
    maxTokens: tokens,
    stop: [],
    ignoreEos: false,
    topLogprobs: null,
    signal,
  }
  const asking = { id, model: 'bench', kind: 'answer', work: request, request } as const
  return {
    ...({ asking, principal, level: 'good', entryId: 'ent_bench' as EntryId, signal } as const),
    onVerdict: () => {},
  }
}

async function one(guard: OpenGuard, index: number): Promise<{ first: number; last: number }> {
  const judged = asked(`Tell me about the harbour of town ${index}.`)
  const prose = Array.from({ length: tokens }, (_, token) => words[token % words.length] ?? '')
  const begun = performance.now()
  let first = Number.NaN
  const question = guard.judgeInput(judged)
  for await (const part of guard.release(said(prose, milliseconds), question, judged)) {
    if (part.type === 'text-delta' && Number.isNaN(first)) first = performance.now() - begun
  }
  return { first, last: performance.now() - begun }
}

/** How many windows of harmless answers, written by hand, the screen alone could not let go. */
async function pastScreen(): Promise<{ windows: number; past: number }> {
  const [screen, judge] = [screenOfAnswers(new Screen()), new JudgeModel()]
  const counts = { windows: 0, past: 0 }
  const counted = (scorer: Pick<Scorer, 'score'>, name: string, count: 'windows' | 'past'): Scorer => ({
    name,
    score(passage, turn) {
      if (passage.response !== null) counts[count]++
      return scorer.score(passage, turn)
    },
  })
  const layers = {
    screen: counted(screen, 'screen', 'windows'),
    judge: counted(judge, 'judge', 'past'),
    guardModel: null,
  }
  const guard = createGuard({
    shelf: openPolicyShelf('', {
      policy: 'standard',
      restricted: 'strict',
      organisations: {},
      keys: {},
      models: {},
    }),
    cascade: new Cascade(layers, 60_000),
    clock: systemClock,
    onSignal: () => {},
    onTrouble: (_layer, error) => {
      throw error
    },
    goal: () => 8,
  })
  const file = new URL('../train/texts/answers-safe.jsonl', import.meta.url)
  const answers = readFileSync(file, 'utf8').trim().split('\n').slice(0, 300)
  for (const line of answers) {
    const { prompt, response } = JSON.parse(line) as { prompt: string; response: string }
    const judged = asked(prompt)
    const question = guard.judgeInput(judged)
    for await (const _part of guard.release(said(response.split(/(?<=\s)/), 0), question, judged));
  }
  return counts
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
  const { windows, past } = await pastScreen()
  console.log(
    `${((100 * past) / windows).toFixed(1)}% of ${windows} windows of harmless answers go past the screen\n`,
  )
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
