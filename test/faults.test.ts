/** What goes wrong around an engine: the server lives, and every request gets an end. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { metricValue } from './support/metric-value.ts'
import { realServer, type RealServer } from './support/real-server.ts'
import { engineProcesses } from './support/engine-processes.ts'
import { streamAnswer } from './support/stream-answer.ts'

const scrapeToken = 'a-token-for-scraping-only'

let given: RealServer
let server: RealServer['server']
let key: RealServer['key']

beforeAll(async () => {
  given = await realServer(['--log-level', 'error'], {
    environment: { METRICS_TOKEN: scrapeToken, ELPIS_MONITORING_SCRAPE_TOKEN_ENV: 'METRICS_TOKEN' },
  })
  ;({ server, key } = given)
})
afterAll(async () => {
  await given[Symbol.asyncDispose]()
})

/** Sends a request for a stream and hangs up at once, in the middle of the body, or when the answer has begun. */
async function askAndLeave(turn: number): Promise<void> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const body = JSON.stringify({
    model: 'smollm2:135m',
    messages: [{ role: 'user', content: `Number ${turn}` }],
    stream: true,
    ignore_eos: true,
  })
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  await once(socket, 'connect')
  const whole = turn % 3 !== 0
  socket.write(whole ? head + body : head + body.slice(0, 20))
  if (whole && turn % 97 === 1) await Promise.race([once(socket, 'data'), once(socket, 'close')])
  else await new Promise((resolve) => setImmediate(resolve))
  socket.destroy()
}

/** `fraction` only while it loads. */
async function health(): Promise<{ active: number; queued: number; state: string; fraction?: number }> {
  const response = await fetch(`${server.url}/health`, { headers: { authorization: `Bearer ${key}` } })
  const { models } = (await response.json()) as {
    models: { active: number; queued: number; state: string; fraction?: number }[]
  }
  return models[0] ?? { active: -1, queued: -1, state: 'none' }
}

/** What is taken inside the process of the model, by its own account. */
async function taken(): Promise<{ sequences: number; cells: number }> {
  const response = await fetch(`${server.url}/metrics`, {
    headers: { authorization: `Bearer ${scrapeToken}` },
  })
  const page = await response.text()
  return {
    sequences: metricValue(page, 'elpis_engine_sequences{model="smollm2:135m"}'),
    cells: metricValue(page, 'elpis_engine_cache_cells{model="smollm2:135m",use="running"}'),
  }
}

describe('faults', () => {
  test('10,000 requests that nobody waits for leave nothing behind', { timeout: 900_000 }, async () => {
    const atOnce = 50
    for (let turn = 0; turn < 10_000; turn += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, (_, index) => askAndLeave(turn + index)))
    }
    await expect
      .poll(health, { timeout: 30_000, interval: 250 })
      .toMatchObject({ active: 0, queued: 0, state: 'ready' })
    const { error, deltas } = await streamAnswer(server.url, key, { max_tokens: 5, ignore_eos: true }).ended
    expect({ error, some: deltas > 0 }).toEqual({ error: null, some: true })
    // So the process itself says; and it has room for as many as at first.
    await expect.poll(taken, { timeout: 10_000 }).toEqual({ sequences: 0, cells: 0 })
    const most = settings.parse({}).engine.sequences
    const all = Array.from({ length: most }, () =>
      streamAnswer(server.url, key, { max_tokens: 2000, ignore_eos: true }),
    )
    await expect.poll(taken, { timeout: 60_000, interval: 50 }).toMatchObject({ sequences: most })
    for (const answer of all) answer.leave()
    await Promise.allSettled(all.map((answer) => answer.ended))
    await expect.poll(taken, { timeout: 10_000 }).toEqual({ sequences: 0, cells: 0 })
  })

  test('the engine killed while it loads: every request that waits gets its answer', async () => {
    expect(killed()).toBe(1)
    const asked = Array.from({ length: 6 }, () => streamAnswer(server.url, key, { max_tokens: 5 }))
    await expect.poll(killed, { timeout: 20_000, interval: 5 }).toBe(1)
    // And again, when weights are read; a fast machine is done with that before anybody looks.
    await becomes({ state: 'loading' })
    await expect
      .poll(async () => (await health()).fraction !== 0, { timeout: 20_000, interval: 5 })
      .toBe(true)
    killed()
    const ends = await Promise.all(asked.map((answer) => answer.ended))
    expect([null, 'engine_failed']).toEqual(
      expect.arrayContaining([...new Set(ends.map(({ error }) => error))]),
    )
    await becomes({ state: 'ready', active: 0, queued: 0 })
    const { error } = await streamAnswer(server.url, key, { max_tokens: 5 }).ended
    expect(error).toBeNull()
  })

  test.each([
    ['before its first token', 0],
    ['in mid-answer', 1],
    ['with many in the queue', 40],
  ])('the engine killed %s: every request gets an end, and the server is back', async (_, streams) => {
    const answers = Array.from({ length: Math.max(streams, 1) }, () =>
      streamAnswer(server.url, key, { max_tokens: 60, ignore_eos: true }),
    )
    if (streams > 0) await answers[0]?.firstText
    for (const pid of engineProcesses(server.process.pid)) process.kill(pid, 'SIGKILL')
    // Whoever had not begun waits for the engine that comes back; nobody hangs, and nobody gets half an answer as a whole one.
    const ends = await Promise.all(answers.map((answer) => answer.ended))
    const errors = new Set(ends.map(({ error }) => error))
    expect(['engine_failed', 'model_not_ready', 'overloaded', null]).toEqual(
      expect.arrayContaining([...errors]),
    )
    await expect.poll(async () => (await health()).state, { timeout: 30_000 }).toBe('ready')
    const { error } = await streamAnswer(server.url, key, { max_tokens: 5, ignore_eos: true }).ended
    expect(error).toBeNull()
  })
  const tool = {
    type: 'function',
    function: { name: 'tell', parameters: { type: 'object', properties: { story: { type: 'string' } } } },
  }

  test.each([
    [
      'in its prompt',
      { messages: [{ role: 'user', content: 'The sea is wide. '.repeat(350) }] },
      () => becomes({ active: 4 }),
    ],
    ['in a tool call', { tools: [tool], tool_choice: 'required' }, () => becomes({ active: 4 })],
    ['while an answer is cancelled', {}, () => becomes({ active: 4 })],
  ])(
    'the engine killed %s: every request gets an end, and the server is back',
    { timeout: 60_000 },
    async (_, parameters, stage) => {
      const leaver = streamAnswer(server.url, key, { max_tokens: 40 })
      const asked = Array.from({ length: 3 }, () =>
        streamAnswer(server.url, key, { max_tokens: 40, ...parameters }),
      )
      const left = leaver.ended.catch(() => null)
      await stage()
      leaver.leave()
      expect(killed()).toBe(1)
      await left
      const ends = await Promise.all(asked.map((answer) => answer.ended))
      expect(['engine_failed', 'model_not_ready', null]).toEqual(
        expect.arrayContaining([...new Set(ends.map(({ error }) => error))]),
      )
      await becomes({ state: 'ready', active: 0, queued: 0 })
      const { error } = await streamAnswer(server.url, key, { max_tokens: 5, ignore_eos: true }).ended
      expect(error).toBeNull()
    },
  )
})

/** Kills the engine. @returns how many processes that were */
function killed(): number {
  const found = engineProcesses(server.process.pid)
  for (const pid of found) process.kill(pid, 'SIGKILL')
  return found.length
}

async function becomes(wanted: Partial<Awaited<ReturnType<typeof health>>>): Promise<void> {
  await expect.poll(health, { timeout: 20_000, interval: 10 }).toMatchObject(wanted)
}
