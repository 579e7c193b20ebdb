import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { collect, errorOf, textOf } from './support/collect.ts'
import { engineRequest } from './support/engine-request.ts'
import { settings } from '../src/config.ts'
import type { Part } from '../src/core/part.ts'
import {
  embeddedEngine,
  type EmbeddedEngine,
  type EmbeddedEngineOptions,
} from '../src/engine/embedded-engine.ts'
import type { EngineEvent } from '../src/engine/model-supervisor.ts'

const entry = new URL('./support/scripted-engine-process.ts', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'elpis-engine-'))
const running: EmbeddedEngine[] = []

afterEach(() => Promise.all(running.splice(0).map((engine) => engine.close())))
afterAll(() => rmSync(folder, { recursive: true }))

interface Started {
  readonly engine: EmbeddedEngine
  readonly events: EngineEvent[]
}

/** An engine of two sequences and two places, whose process loads as `manner` says. */
function engineOf(manner: string, changes: Partial<EmbeddedEngineOptions> = {}): Started {
  const path = join(folder, `${manner}.gguf`)
  writeFileSync(path, manner)
  const events: EngineEvent[] = []
  const engine = embeddedEngine({
    models: [{ id: 'm', path, digest: 'd'.repeat(64), licence: 'MIT', createdAt: 1 }],
    settings: { ...settings.parse({}).engine, sequences: 2 },
    queue: 2,
    entry,
    log: (event) => events.push(event),
    ...changes,
    timing: { shortestPause: 20, longestPause: 50, attempts: 3, grace: 300, ...changes.timing },
  })
  running.push(engine)
  return { engine, events }
}

function ask(engine: EmbeddedEngine, question: string, changes = {}): Promise<Part[]> {
  return collect(engine.generate(engineRequest('m', question, changes)))
}

/** The answer up to its first text, and the rest when it is asked for. */
async function begin(engine: EmbeddedEngine, question: string, changes = {}) {
  const answer = engine.generate(engineRequest('m', question, changes))
  const parts: Part[] = []
  while (parts.at(-1)?.type !== 'text-delta') {
    const { value } = await answer.next()
    if (value === undefined) throw new Error('The answer ended without a text.')
    parts.push(value as Part)
  }
  return { answer, rest: async () => [...parts, ...(await collect(answer))] }
}

const isGone = (pid: number) => {
  try {
    process.kill(pid, 0)
    // Dead, and only not yet buried by whoever inherited it.
    return readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
  } catch {
    return true
  }
}

/** What the process makes of this text, as if it were a model that embeds. */
async function embed(engine: EmbeddedEngine, order: string, signal = new AbortController().signal) {
  const share = { account: 'key_test', weight: 1, cacheScope: 'test' }
  const request = { ...engineRequest('m', ''), share, signal, inputs: [order], dimensions: null }
  return (await engine.embed(request)).vectors
}

function embedderOf(timing: EmbeddedEngineOptions['timing'] = {}): Started {
  const common = { digest: 'd'.repeat(64), licence: 'MIT', createdAt: 1 }
  const path = join(folder, 'embedder.gguf')
  return engineOf('embedder', {
    models: [{ id: 'm', path, abilities: ['embed', 'rerank'], ...common }],
    timing,
  })
}

describe('vectors', () => {
  test('come, with length 1', async () => {
    const { engine } = embedderOf()
    const half = Math.fround(Math.SQRT1_2)
    expect(await embed(engine, 'one')).toEqual([Float32Array.of(half, half)])
  })

  test.each([
    ['too many', 'its process spoke nonsense'],
    ['not finite', 'its process spoke nonsense'],
    ['half a vector', 'its process spoke nonsense'],
    ['no array', 'its process spoke nonsense'],
    ['no width', 'its process spoke nonsense'],
    ['crash', 'its process was ended by'],
    ['none', 'vectors are missing'],
    ['fail', 'no room'],
  ])('that are wrong (%s) reach nobody, and the next ones come', async (order, reason) => {
    const { engine } = embedderOf()
    await embed(engine, 'one')
    await expect(embed(engine, order)).rejects.toMatchObject({
      code: 'engine_failed',
      message: expect.stringContaining(reason),
    })
    expect(await embed(engine, 'one')).toHaveLength(1)
    expect(engine.status()[0]).toMatchObject({ active: 0, queued: 0 })
  })

  test('of a text that is too long are refused with both numbers', async () => {
    const { engine } = embedderOf()
    await expect(embed(engine, 'long')).rejects.toMatchObject({
      code: 'input_too_long',
      message: expect.stringMatching(/5000 .*1000/),
    })
  })

  test('that nobody waits for end with the reason, and give back their place', async () => {
    const { engine } = embedderOf()
    const leaving = new AbortController()
    const lost = embed(engine, 'wait', leaving.signal)
    await vi.waitFor(() => expect(engine.status()[0]?.active).toBe(1))
    leaving.abort(new Error('left'))
    await expect(lost).rejects.toThrow('left')
    await vi.waitFor(() => expect(engine.status()[0]).toMatchObject({ active: 0, queued: 0 }))
  })

  test('of a process that hangs end when it is ended for that', async () => {
    const { engine } = embedderOf({ silence: 200 })
    await expect(embed(engine, 'hang')).rejects.toMatchObject({ code: 'engine_failed' })
  })

  test('end when the engine is closed', async () => {
    const { engine } = embedderOf()
    const lost = embed(engine, 'hang')
    const refused = lost.catch((error: unknown) => error)
    await vi.waitFor(() => expect(engine.status()[0]?.active).toBe(1))
    await engine.close()
    expect(await refused).toMatchObject({ code: 'shutting_down' })
    await expect(embed(engine, 'one')).rejects.toMatchObject({ code: 'shutting_down' })
  })
})

describe('answers', () => {
  let shared: EmbeddedEngine
  beforeAll(async () => {
    shared = engineOf('plain').engine
    running.length = 0
    await ask(shared, 'warm')
  })
  afterAll(() => shared.close())

  test('come as parts, in order', async () => {
    const parts = await ask(shared, 'one two')
    expect(textOf(parts)).toBe('one two ')
    expect(parts.filter(({ type }) => type !== 'text-delta')).toEqual([
      { type: 'start', promptTokens: 2, cachedTokens: 0, waitedMs: expect.any(Number) },
      { type: 'finish', choice: 0, reason: 'stop' },
      { type: 'usage', usage: { promptTokens: 2, cachedTokens: 0, outputTokens: 2, reasoningTokens: 0 } },
    ])
  })

  test('have as many choices as were asked for, also more than there are sequences', async () => {
    const parts = await ask(shared, 'one two', { choices: 3 })
    expect([0, 1, 2].map((choice) => textOf(parts, choice))).toEqual(Array(3).fill('one two '))
    expect(parts.filter(({ type }) => type === 'finish')).toHaveLength(3)
  })

  test('to too long a prompt are an error that names both numbers', async () => {
    const [part] = await ask(shared, 'long')
    expect(part?.type === 'error' && part.error).toMatchObject({ code: 'context_exceeded', status: 400 })
    expect(part?.type === 'error' && part.error.message).toMatch(/5000.*1000/)
  })

  test('of one job may fail and others go on', async () => {
    const other = ask(shared, 'a b c d e')
    expect(errorOf(await ask(shared, 'fail'))).toBe('engine_failed')
    expect(textOf(await other)).toBe('a b c d e ')
  })

  test('come from models that are served only', async () => {
    expect(errorOf(await collect(shared.generate(engineRequest('other', 'hello'))))).toBe('model_not_served')
  })

  test('are refused when every place is taken', async () => {
    const leaving = new AbortController()
    const ready = { model: 'm', state: { state: 'ready' }, processId: expect.any(Number) }
    const inside = await Promise.all([1, 2].map(() => begin(shared, 'x wait', { signal: leaving.signal })))
    const queued = [1, 2].map(() => ask(shared, 'x', { signal: leaving.signal }))
    expect(shared.status()).toEqual([{ ...ready, active: 2, queued: 2 }])
    const [refused] = await ask(shared, 'x')
    expect(refused?.type === 'error' && refused.error).toMatchObject({ code: 'overloaded', status: 503 })
    expect(refused?.type === 'error' && refused.error.retryAfter).toBeGreaterThan(0)
    leaving.abort()
    await Promise.all([...inside.map(({ rest }) => rest()), ...queued])
    expect(shared.status()).toEqual([{ ...ready, active: 0, queued: 0 }])
  })

  test('end when they are aborted, with what they have used', async () => {
    const leaving = new AbortController()
    const { rest } = await begin(shared, 'one wait two', { signal: leaving.signal })
    leaving.abort()
    const parts = await rest()
    expect(parts.slice(-2)).toEqual([
      { type: 'finish', choice: 0, reason: 'cancelled' },
      { type: 'usage', usage: { promptTokens: 3, cachedTokens: 0, outputTokens: 2, reasoningTokens: 0 } },
    ])
  })

  test('end when they are aborted before their turn', async () => {
    const leaving = new AbortController()
    const inside = await Promise.all([1, 2].map(() => begin(shared, 'x wait')))
    const queued = ask(shared, 'x', { signal: leaving.signal })
    await vi.waitFor(() => expect(shared.status()[0]?.queued).toBe(1))
    leaving.abort()
    expect(await queued).toEqual([
      { type: 'finish', choice: 0, reason: 'cancelled' },
      { type: 'usage', usage: { promptTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 } },
    ])
    await Promise.all(inside.map(({ answer }) => answer.return(undefined)))
  })

  test('are given up when the client would not wait so long for them to begin', async () => {
    const inside = await Promise.all([1, 2].map(() => begin(shared, 'x wait')))
    const late = await ask(shared, 'x', { deadline: Date.now() + 20 })
    expect(errorOf(late)).toBe('deadline_passed')
    expect(shared.status()[0]?.queued).toBe(0)
    await Promise.all(inside.map(({ answer }) => answer.return(undefined)))
    await vi.waitFor(() => expect(shared.status()[0]?.active).toBe(0))
    expect(textOf(await ask(shared, 'now', { deadline: Date.now() + 60_000 }))).toBe('now ')
  })

  test('do not begin when they were aborted before', async () => {
    const [first] = await ask(shared, 'x', { signal: AbortSignal.abort() })
    expect(first).toEqual({ type: 'finish', choice: 0, reason: 'cancelled' })
  })

  test('that are returned give their sequence to the next, also while a read waits', async () => {
    const inside = await Promise.all([1, 2].map(() => begin(shared, 'x wait')))
    const next = ask(shared, 'next')
    // The text of the second word may have come already; after it there is nothing to read.
    const reads = [1, 2].map(() => inside[0]?.answer.next())
    await inside[0]?.answer.return(undefined)
    expect(await reads[1]).toEqual({ done: true, value: undefined })
    expect(textOf(await next)).toBe('next ')
    await inside[1]?.answer.return(undefined)
  })

  test('that nobody reads fast enough are merged, and nothing is lost', async () => {
    const { rest } = await begin(shared, 'x flood')
    // Sent after it and answered: by now all of the flood has come.
    await ask(shared, 'x')
    await vi.waitFor(() => expect(shared.status()[0]?.active).toBe(0))
    const parts = await rest()
    expect(parts.length).toBeLessThan(10)
    const flood = Array.from({ length: 20_000 }, (_, index) => `${index} `).join('')
    expect(textOf(parts) === `x ${flood}`).toBe(true)
    const tokens = parts.map((part) => (part.type === 'text-delta' ? part.tokens : 0))
    expect(tokens.reduce((sum, count) => sum + count)).toBe(20_001)
  })
})

describe('a process that fails', () => {
  test('by a crash ends what it worked on, not what waits, and is back', async () => {
    const { engine, events } = engineOf('plain')
    await ask(engine, 'warm')
    const before = engine.processId('m')
    const bystander = await begin(engine, 'x wait')
    const crashing = ask(engine, 'one crash')
    const queued = ask(engine, 'queued')
    expect(errorOf(await crashing)).toBe('engine_failed')
    expect(errorOf(await bystander.rest())).toBe('engine_failed')
    expect(textOf(await queued)).toBe('queued ')
    expect(engine.processId('m')).not.toBe(before)
    expect(events.find(({ type }) => type === 'model-lost')).toMatchObject({
      reason: 'its process was ended by SIGABRT',
      pause: 20,
    })
  })

  test('by kill -9 is back as well', async () => {
    const { engine } = engineOf('plain')
    const { rest } = await begin(engine, 'x wait')
    process.kill(engine.processId('m') ?? 0, 'SIGKILL')
    const parts = await rest()
    expect(errorOf(parts)).toBe('engine_failed')
    expect(parts.at(-1)?.type === 'error' && JSON.stringify(parts.at(-1))).not.toContain(folder)
    expect(textOf(await ask(engine, 'again'))).toBe('again ')
  })

  test.each([
    ['hangs', 'x hang', { silence: 400 }],
    ['spins', 'x spin', { silence: 400, longestSilence: 1500 }],
  ])('by silence is ended when it %s', async (_, question, timing) => {
    const { engine } = engineOf('plain', { timing })
    await ask(engine, 'warm')
    const parts = await ask(engine, question)
    expect(parts.at(-1)?.type === 'error' && parts.at(-1)).toMatchObject({
      error: { code: 'engine_failed', message: expect.stringContaining('did not answer any more') as string },
    })
    expect(textOf(await ask(engine, 'again'))).toBe('again ')
  })

  test('by nonsense is not believed', async () => {
    const { engine } = engineOf('plain')
    expect(errorOf(await ask(engine, 'x garbage wait'))).toBe('engine_failed')
  })

  test('by saying that the model cannot be loaded is given up at once, with the reason', async () => {
    const { engine } = engineOf('unusable')
    const refused = (await ask(engine, 'x')).at(-1)
    expect(refused?.type === 'error' && refused.error.message).toContain('the tensor is on fire')
    expect(refused?.type === 'error' && refused.error.code).toBe('model_unusable')
    expect(engine.status()[0]?.state.state).toBe('failed')
  })

  test('by crashing at every start is given up after some', async () => {
    const { engine, events } = engineOf('crash')
    expect(errorOf(await ask(engine, 'x'))).toBe('model_unusable')
    expect(events.map(({ type }) => type)).toEqual([
      'model-loading',
      'model-lost',
      'model-loading',
      'model-lost',
      'model-loading',
      'model-failed',
    ])
    const failure = events.at(-1)
    // What it wrote is for the log only.
    expect(failure?.type === 'model-failed' && failure.detail).toContain('the tensor is on fire')
    expect(JSON.stringify(engine.status())).not.toContain('the tensor is on fire')
  })
})

test('who asks a model that is still loading is told so after a while', async () => {
  const { engine } = engineOf('slow', { timing: { readyWait: 700 } })
  await vi.waitFor(() => expect(engine.status()[0]?.state).toEqual({ state: 'loading', fraction: 0.5 }), 5000)
  const refused = (await ask(engine, 'x')).at(-1)
  expect(refused?.type === 'error' && refused.error).toMatchObject({ code: 'model_not_ready', status: 503 })
  expect(refused?.type === 'error' && refused.error.message).toContain('loading (50%)')
  expect(refused?.type === 'error' && refused.error.retryAfter).toBeGreaterThan(0)
})

test('a model without a chat template continues text and refuses conversations', async () => {
  const { engine } = engineOf('base')
  expect(errorOf(await ask(engine, 'x'))).toBe('template_missing')
  expect(textOf(await ask(engine, '', { input: { kind: 'text', text: 'go on' } }))).toBe('go on ')
})

test('models are told with the context that they can have', async () => {
  const { engine } = engineOf('plain')
  await ask(engine, 'warm')
  expect(engine.models()).toEqual([
    {
      id: 'm',
      layout: null,
      digest: 'd'.repeat(64),
      contextTokens: 1000,
      licence: 'MIT',
      createdAt: 1,
      abilities: ['generate'],
      build: expect.any(String),
    },
  ])
})

describe('no process is left behind', () => {
  test.each(['plain', 'stubborn'])('when the engine is closed (%s process)', async (manner) => {
    const { engine } = engineOf(manner)
    const { rest } = await begin(engine, 'x wait')
    const pid = engine.processId('m') ?? 0
    await engine.close()
    expect(isGone(pid)).toBe(true)
    expect(errorOf(await rest())).toBe('shutting_down')
    expect(errorOf(await ask(engine, 'x'))).toBe('shutting_down')
  })

  test('when the engine is closed while it loads', async () => {
    const { engine } = engineOf('slow')
    const waiting = ask(engine, 'x')
    const pid = engine.processId('m') ?? 0
    await engine.close()
    expect(isGone(pid)).toBe(true)
    expect(errorOf(await waiting)).toBe('shutting_down')
  })

  test('when the server is killed', async () => {
    const path = join(folder, 'owned.gguf')
    writeFileSync(path, 'stubborn')
    const owner = fileURLToPath(new URL('./support/engine-owner.ts', import.meta.url))
    const server = spawn(process.execPath, [owner, fileURLToPath(entry), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [pid] = (await once(server.stdout, 'data')) as [Buffer]
    expect(isGone(Number(pid))).toBe(false)
    server.kill('SIGKILL')
    await vi.waitFor(() => expect(isGone(Number(pid))).toBe(true), 5000)
  })
})

test('the process knows nothing of the server’s environment', async () => {
  process.env['HF_TOKEN'] = 'secret'
  try {
    const { engine, events } = engineOf('plain')
    await ask(engine, 'warm')
    const ready = events.find(({ type }) => type === 'model-ready')
    const names = ready?.type === 'model-ready' ? ready.build.split(' ') : []
    expect(
      names.filter(
        (name) =>
          ![
            'OPENSSL_CONF',
            'TZ',
            'GGML_NO_BACKTRACE',
            'CUDA_CACHE_DISABLE',
            'ELPIS_ENGINE_LOCKDOWN',
          ].includes(name),
      ),
    ).toEqual([])
    expect(names).toContain('TZ')
  } finally {
    delete process.env['HF_TOKEN']
  }
})
