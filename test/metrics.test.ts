/** Usage and metrics of the product with the real model: what clients were told, what is added up, what is scraped. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKey, elpis, freshHome } from './support/elpis.ts'
import { metricValue } from './support/metric-value.ts'
import { realServer, type RealServer } from './support/real-server.ts'

let real: RealServer
const told = { prompt: 0, cached: 0, output: 0 }
const scrapeToken = 'a-token-for-scraping-only'

beforeAll(async () => {
  real = await realServer([], {
    environment: {
      METRICS_TOKEN: scrapeToken,
      ELPIS_MONITORING_SCRAPE_TOKEN_ENV: 'METRICS_TOKEN',
      ELPIS_USAGE_WATTS: '65',
      // What is measured is not the guard, which may cut such an answer in one home and not in another.
      ELPIS_GUARD_POLICY: 'open',
    },
  })
  const ask = async (stream: boolean) => {
    const answer = await fetch(`${real.server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${real.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'smollm2:135m',
        messages: [{ role: 'user', content: 'SECRET-WORD. Count from one to ten.' }],
        max_tokens: 12,
        stream,
        ...(stream ? { stream_options: { include_usage: true } } : {}),
      }),
    })
    const text = await answer.text()
    const [, usage = '{}'] = /"usage":(\{.*?\}\s*\}|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})/.exec(text) ?? []
    const {
      prompt_tokens: prompt,
      completion_tokens: output,
      prompt_tokens_details: details,
    } = JSON.parse(usage) as {
      prompt_tokens: number
      completion_tokens: number
      prompt_tokens_details?: { cached_tokens: number }
    }
    told.prompt += prompt
    told.output += output
    told.cached += details?.cached_tokens ?? 0
  }
  await Promise.all([ask(true), ask(false), ask(true), ask(false)])
})
afterAll(() => real[Symbol.asyncDispose]())

const get = (path: string, headers: Record<string, string> = {}) => fetch(real.server.url + path, { headers })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('usage', () => {
  test('adds up to what clients were told, to the token', async () => {
    const body = (await (
      await get('/v1/usage?group_by=key,model&interval=day', bearer(real.key))
    ).json()) as {
      total: Record<string, number>
      data: Record<string, unknown>[]
    }
    expect(told.output).toBeGreaterThan(0)
    expect(body.total).toMatchObject({
      requests: 4,
      failed: 0,
      input_tokens: told.prompt,
      cached_tokens: told.cached,
      output_tokens: told.output,
    })
    expect(body.total['energy_wh']).toBeGreaterThan(0)
    expect(body.total['mean_first_token_ms']).toBeGreaterThan(0)
    expect(body.data).toHaveLength(1)
    expect(body.data[0]).toMatchObject({ model: 'smollm2:135m', key: expect.stringMatching(/^key_/) })
  })

  test('is told on the command line too, as table, JSON and CSV', async () => {
    const json = await elpis(real.home, ['usage', '--by', 'key', '--by', 'day', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ total: { requests: 4, output_tokens: told.output } })
    const shown = await elpis(real.home, ['usage', '--by', 'key', '--since', '1h'])
    expect(shown.stdout).toMatch(/^KEY +REQUESTS/)
    expect(shown.stdout).toMatch(/\ntest +4 +0 /)
    expect(shown.stdout).toMatch(/\ntotal +4 +0 /)
    const csv = await elpis(real.home, ['usage', '--csv', '--key', 'test'])
    expect(csv.stdout.split('\r\n')).toHaveLength(3)
    expect(csv.stdout).toMatch(/^model,requests,failed,blocked,input_tokens,/)
    expect((await elpis(real.home, ['usage', '--by', 'nonsense'])).code).toBe(2)
    expect((await elpis(real.home, ['usage', '--since', 'yesterdayish'])).code).toBe(2)
  })

  test('of others is nobody’s to see', async () => {
    const { key: stranger } = await createKey(real.home, 'stranger')
    const body = (await (await get('/v1/usage', bearer(stranger))).json()) as { total: { requests: number } }
    expect(body.total.requests).toBe(0)
    const keys = (await elpis(real.home, ['keys', 'list', '--json'])).stdout
    const { id } = (JSON.parse(keys) as { keys: { id: string; name: string }[] }).keys.find(
      ({ name }) => name === 'test',
    )!
    expect((await get(`/v1/usage?key=${id}`, bearer(stranger))).status).toBe(400)
    expect((await get('/v1/usage?group_by=password', bearer(stranger))).status).toBe(400)
    expect((await get('/v1/usage')).status).toBe(401)
  })
})

describe('/metrics', () => {
  test('measures what happened, and holds no text and no person', async () => {
    const running = async () => metricValue(await (await get('/metrics')).text(), 'elpis_running')
    await expect.poll(running).toBe(0)
    const page = await (await get('/metrics')).text()
    const series = (name: string, labels: string) => metricValue(page, `${name}{${labels}}`)
    const model = 'model="smollm2:135m"'
    expect(series('elpis_requests_total', `kind="answer",${model},outcome="finished"`)).toBe(4)
    expect(series('elpis_tokens_total', `${model},type="output"`)).toBe(told.output)
    expect(series('elpis_tokens_total', `${model},type="input"`)).toBe(told.prompt)
    expect(series('elpis_time_to_first_token_seconds_count', model)).toBe(4)
    expect(series('elpis_queue_seconds_count', model)).toBe(4)
    expect(series('elpis_engine_ready', model)).toBe(1)
    expect(series('elpis_engine_sequences', model)).toBe(0)
    expect(series('elpis_engine_cache_cells', `${model},use="running"`)).toBe(0)
    expect(series('elpis_engine_cache_cells', `${model},use="kept"`)).toBeGreaterThan(0)
    expect(
      series('elpis_verdicts_total', 'direction="input",hazard="none",action="allow",outcome="allow"'),
    ).toBe(4)
    // What ends together is written together.
    expect(series('elpis_storage_seconds_count', 'store="usage"')).toBeGreaterThanOrEqual(1)
    expect(page).not.toMatch(/SECRET-WORD|elpis-\w{20}|(key|req|ent|org)_[A-Za-z0-9]{10}/)
  })

  test.runIf(process.platform === 'linux')('knows the memory of each model', async () => {
    const page = await (await get('/metrics')).text()
    expect(metricValue(page, 'elpis_engine_memory_bytes{model="smollm2:135m"}')).toBeGreaterThan(50_000_000)
  })

  test('is read by this machine, by its own token, and by nobody else', async () => {
    expect((await get('/metrics')).status).toBe(200)
    expect((await get('/metrics', { 'x-forwarded-for': '203.0.113.7' })).status).toBe(401)
    expect((await get('/metrics', { ...bearer(scrapeToken), 'x-forwarded-for': '203.0.113.7' })).status).toBe(
      200,
    )
    expect((await get('/metrics', bearer(`${scrapeToken}x`))).status).toBe(401)
    expect((await get('/metrics', bearer(real.key))).status).toBe(403)
    // The token opens nothing else.
    expect((await get('/v1/models', bearer(scrapeToken))).status).toBe(401)
    expect((await get('/v1/usage', bearer(scrapeToken))).status).toBe(401)
  })
})

describe('the stream of events', () => {
  test('shows each moment and what ended, to the owner alone', async () => {
    expect((await get('/v1/admin/events', bearer(real.key))).status).toBe(403)
    const token = new URL(real.server.signInLink).hash.slice(1)
    const signIn = await fetch(`${real.server.url}/web/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: real.server.url },
      body: JSON.stringify({ token }),
    })
    const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const leaving = new AbortController()
    const events = await fetch(`${real.server.url}/v1/admin/events`, {
      headers: { cookie },
      signal: leaving.signal,
    })
    expect(events.headers.get('content-type')).toContain('text/event-stream')
    let text = ''
    for await (const chunk of events.body!) {
      text += Buffer.from(chunk).toString()
      if (text.includes('event: moment') && text.includes('event: request-ended')) break
    }
    leaving.abort()
    expect(text).toMatch(/event: request-ended\ndata: \{.*"outcome":"finished"/)
    expect(text).toMatch(/event: moment\ndata: \{.*"running":0.*"model":"smollm2:135m"/)
    expect(text).not.toContain('SECRET-WORD')
    expect((await fetch(`${real.server.url}/metrics`, { headers: { cookie } })).status).toBe(200)
  })
})

describe('elpis top', () => {
  test('shows a moment as a page and as JSON', async () => {
    const once = await elpis(real.home, ['top', '--once'])
    expect(once.stdout).toMatch(/running 0 +queued 0 .* requests 4 +failed 0/)
    expect(once.stdout).toMatch(/smollm2:135m +ready +0 +0/)
    const json = await elpis(real.home, ['top', '--once', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      requests: 4,
      models: [{ model: 'smollm2:135m', state: 'ready' }],
    })
  })

  test('says so when no server runs', async () => {
    await using home = freshHome()
    const { code, stderr } = await elpis(home, ['top', '--once'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('No server')
  })
})
