/** `/v1/moderations` is a request like any other: its stages, its bounds, and what is held against whom. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { noLimits } from '../src/access/key-limits.ts'
import { createAccess } from '../src/access/create-access.ts'
import { systemClock } from '../src/core/clock.ts'
import type { EntryId } from '../src/core/ids.ts'
import { homeOrganisation } from '../src/core/principal.ts'
import type { Scores } from '../src/core/verdict.ts'
import type { Scorer, Turn } from '../src/guard/scores.ts'
import { parseTarget } from '../src/standing/target.ts'
import { openStorage } from '../src/storage/storage.ts'
import { apiServer } from './support/api-server.ts'
import { fakeEngine } from './support/fake-engine.ts'
import { metricValue } from './support/metric-value.ts'
import { blockWord, testGuard, wordScorer, type TestGuard } from './support/test-guard.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

const judging = 'name = "test"\nsummary = "Judges."\n[hazards]\nS2 = { input = "block", output = "block" }\n'
const sentence =
  'please tell me at length and in detail how the old harbour of the town was built and who paid for it'

/** A server whose guard reads with this layer. */
async function place(screen: Scorer, parts: Partial<Parameters<typeof testGuard>[0]> = {}) {
  const guard: TestGuard = testGuard({ policy: judging, layers: { screen }, ...parts })
  const server = await apiServer(fakeEngine(), { guard })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })
  return { guard, server, as }
}

/** Waits with the first text that it meets until it is let go. */
function held(): Scorer & { readonly met: Promise<void>; letGo(): void } {
  const { promise, resolve } = Promise.withResolvers<Scores>()
  const met = Promise.withResolvers<void>()
  return {
    name: 'screen',
    met: met.promise,
    letGo: () => resolve({ harm: 0, attack: 0, hazards: {} }),
    score() {
      met.resolve()
      return promise
    },
  }
}

describe('a moderation is admitted, recorded and bounded', () => {
  test('it leaves an entry that says what was found, and that nothing was refused', async () => {
    const { server, guard } = await place(wordScorer('zanzibar'))
    const answer = await server.post('/v1/moderations', { input: ['Oslo', 'Zanzibar'] })
    expect(answer.status).toBe(200)
    const id = answer.headers.get('elpis-receipt') as EntryId
    await vi.waitFor(async () => {
      const { entry } = await server.audit.view.entry(id, homeOrganisation)
      expect(entry).toMatchObject({
        type: 'request',
        kind: 'moderate',
        model: 'guard',
        outcome: 'finished',
        input_verdict: { outcome: 'allow', action: 'allow', hazards: ['S2'], layer: 'screen' },
        output_verdict: null,
      })
      expect(JSON.stringify(entry)).not.toContain('anzibar')
    })
    // A policy is tried on what was asked and answered, not on what was only judged.
    expect(guard.verdicts).toEqual([])
  })

  test('quotas and the rate of a key count it; a key for certain models may ask for it', async () => {
    const { server, as } = await place(wordScorer('zanzibar'))
    const limits = { ...noLimits, models: ['other*'], rate: { requests: 1, period: 'minute' as const } }
    const { key } = await server.access.createKey('slow', { limits })
    const ask = () => server.post('/v1/moderations', { input: 'Oslo' }, as(key))
    expect((await ask()).status).toBe(200)
    expect(await (await ask()).json()).toMatchObject({ error: { code: 'rate_limited' } })
    const quota = { subject: 'key:test', meter: 'requests', period: 'day', amount: 1 } as const
    await server.access.quotas.set({ ...quota, model: 'guard' })
    const first = await server.post('/v1/moderations', { input: 'Oslo' })
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect((await server.post('/v1/moderations', { input: 'Oslo' })).status).toBe(429)
  })

  test('whoever is barred meanwhile gets no more', async () => {
    const screen = held()
    const { server } = await place(screen, { patience: 60_000 })
    const asked = server.post('/v1/moderations', { input: 'Oslo' })
    await screen.met
    const step = {
      target: server.standing.target('key:test'),
      rung: 'banned',
      reason: 'sold',
      lasts: null,
    } as const
    await server.standing.act(step, 'owner')
    expect((await asked).status).toBe(403)
    screen.letGo()
  })

  test('one key has so many under way and no more; others have theirs', async () => {
    const screen = held()
    const { server, as } = await place(screen, { perAccount: 1, patience: 60_000 })
    const first = server.post('/v1/moderations', { input: 'Oslo' })
    await screen.met
    const refused = await server.post('/v1/moderations', { input: 'Oslo' })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await refused.json()).toMatchObject({ error: { code: 'too_many_at_once' } })
    const { key } = await server.access.createKey('another')
    const other = server.post('/v1/moderations', { input: 'Oslo' }, as(key))
    screen.letGo()
    expect([(await first).status, (await other).status]).toEqual([200, 200])
    expect((await server.post('/v1/moderations', { input: 'Oslo' })).status).toBe(200)
  })

  test('a client that left has no more judged', async () => {
    const screen = held()
    let calls = 0
    const counting: Scorer = { name: 'screen', score: (...given) => (calls++, screen.score(...given)) }
    const { server } = await place(counting, { patience: 60_000 })
    const left = new AbortController()
    const input = Array.from({ length: 50 }, (_, index) => `Oslo ${index}`)
    const asked = server.post('/v1/moderations', { input }, { signal: left.signal })
    await screen.met
    left.abort()
    await expect(asked).rejects.toThrow('abort')
    const entries = async () =>
      (await server.audit.view.latest(homeOrganisation, { before: null, limit: 10 })).entries.length
    await vi.waitFor(async () => expect(await entries()).toBe(1))
    screen.letGo()
    await new Promise(setImmediate)
    expect(calls).toBe(1)
  })

  test('layers are told whose it is, and that no answer waits for it', async () => {
    const turns: Turn[] = []
    const { server } = await place({
      name: 'screen',
      score(_passage, turn) {
        turns.push(turn)
        return { harm: 0, attack: 0, hazards: {} }
      },
    })
    await server.post('/v1/moderations', { input: 'Oslo' })
    await server.post('/v1/chat/completions', {
      model: 'fake:1b',
      messages: [{ role: 'user', content: 'Oslo' }],
    })
    const account = (await server.access.listKeys())[0]?.id
    expect(turns[0]).toEqual({ account, later: true })
    expect(turns.length).toBeGreaterThan(1)
    for (const turn of turns.slice(1)) expect(turn).toEqual({ account, later: false })
  })
})

describe('what is held against whom', () => {
  const fillers = ['now', 'today', 'kindly', 'again', 'slowly', 'quickly', 'honestly', 'finally']
  const climb = fillers.map((filler) => `${sentence} ${filler}`)
  /** Each filler brings the score down a little more. */
  const falling: Scorer = {
    name: 'screen',
    score({ prompt }) {
      const step = fillers.findIndex((filler) => prompt.endsWith(filler))
      return { harm: step === -1 ? 0 : 0.65 - step * 0.08, attack: 0, hazards: {} }
    },
  }

  test('whoever moderates what others wrote is not struck for it, nor told of', async () => {
    const { server, guard } = await place(wordScorer('zanzibar'))
    for (let time = 0; time < 8; time++)
      await server.post('/v1/moderations', { input: [`Zanzibar ${'so '.repeat(time * 9)}`, 'Oslo'] })
    await server.post('/v1/moderations', { messages: [{ role: 'user', content: 'Zanzibar' }] })
    expect(guard.signals).toEqual([])
  })

  test.each([
    ['one after the other', climb.map((input) => ({ input }))],
    ['in one call', [{ input: climb }]],
  ])('climbing down the scores %s is a sign, and costs nobody points', async (_how, bodies) => {
    const { server, guard } = await place(falling)
    for (const body of bodies) await server.post('/v1/moderations', body)
    const signal = guard.signals.at(-1)
    expect(signal).toMatchObject({
      source: 'guard',
      direction: 'input',
      hazard: 'attack',
      attributable: false,
    })
    // It may be somebody else's text, whom this key would seem to be like.
    expect(signal).not.toHaveProperty('fingerprint')
    for (const each of guard.signals) server.standing.signal(each)
    await server.standing.settled()
    const target = parseTarget(`key:${(await server.access.listKeys())[0]?.id}`)
    expect(await server.standing.explain(target)).toMatchObject({ score: 0, strikes: [], cases: [] })
  })

  test('in questions it is what whoever asks wrote; moderations before do not add to it', async () => {
    const { server, guard } = await place(falling)
    const ask = (content: string) =>
      server.post('/v1/chat/completions', { model: 'fake:1b', messages: [{ role: 'user', content }] })
    await server.post('/v1/moderations', { input: climb.slice(0, 4) })
    for (const content of climb.slice(4, 6)) await ask(content)
    expect(guard.signals).toEqual([])
    for (const content of climb) await ask(content)
    expect(guard.signals.at(-1)).toMatchObject({ hazard: 'attack', attributable: true })
  })
})

describe('which policies', () => {
  const flagged = async (server: Awaited<ReturnType<typeof place>>['server'], input: string) => {
    const answer = await (await server.post('/v1/moderations', { input })).json()
    const { model, results } = answer as { model: string; results: { flagged: boolean }[] }
    return [results[0]?.flagged, model.split('@')[0]]
  }
  const unsure: Scorer = {
    name: 'screen',
    score: () => ({ harm: 0.6, attack: 0, hazards: { S2: 0.6 } }),
  }

  test('those of whoever asks: who is restricted is judged as their questions are', async () => {
    const { server } = await place(unsure)
    expect(await flagged(server, 'Oslo')).toEqual([false, 'test'])
    const target = server.standing.target('key:test')
    await server.standing.act({ target, rung: 'restricted', reason: 'probing', lasts: null }, 'owner')
    expect(await flagged(server, 'Oslo')).toEqual([true, 'strict'])
  })

  test('rules of one that scores nothing count, beside the scores of another', async () => {
    const { server } = await place(wordScorer('oslo'), { policy: blockWord })
    expect(await flagged(server, 'Zanzibar')).toEqual([true, 'test'])
    expect(await flagged(server, 'Oslo')).toEqual([true, 'standard'])
    expect(await flagged(server, 'Bergen')).toEqual([false, 'standard'])
  })

  test('where the one of an organisation judges nothing, that of the server does', async () => {
    const assignment = { organisations: { [homeOrganisation]: 'open' } }
    const { server } = await place(unsure, { assignment })
    expect(await flagged(server, 'Oslo')).toEqual([false, 'test'])
    const { server: open } = await place(wordScorer('oslo'), { assignment: { policy: 'open' } })
    expect(await flagged(open, 'Oslo')).toEqual([true, 'standard'])
  })
})

test('it is in usage and metrics, under the name guard', async () => {
  const home = mkdtempSync(join(tmpdir(), 'elpis-moderations-'))
  const storage = await openStorage({ home })
  const access = await createAccess({ store: storage, clock: systemClock })
  const { key } = await access.createKey('root', { role: 'owner' })
  await access.close()
  await storage.close()
  const server = await startWholeServer(wholeConfig(home))
  onTestFinished(async () => {
    await server.close(AbortSignal.abort())
    rmSync(home, { recursive: true, force: true })
  })
  await server.ready
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ input: ['Good morning.', 'How do I bake bread?'] })
  const answer = await fetch(`${server.url}/v1/moderations`, { method: 'POST', headers, body })
  expect(answer.status).toBe(200)
  const usage = (await (await fetch(`${server.url}/v1/usage?group_by=model`, { headers })).json()) as {
    data: { model: string; requests: number; input_tokens: number }[]
  }
  expect(usage.data).toMatchObject([{ model: 'guard', requests: 1, input_tokens: 0 }])
  const page = await (await fetch(`${server.url}/metrics`, { headers })).text()
  expect(metricValue(page, 'elpis_requests_total{kind="moderate",model="guard",outcome="finished"}')).toBe(1)
  expect(page).not.toContain('elpis_guard_seconds_count{direction="input"} 1')
})
