/** Weights do not leave: no route reads them, and what leaves is counted against their size. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKey, elpis, serveElpis } from './support/elpis.ts'
import { realModelPath } from './support/real-model.ts'
import { realServer, type RealServer } from './support/real-server.ts'

/** Bytes that one key may take in this test. */
const allowance = 20_000
let real: RealServer
let cookie = ''
let environment: Record<string, string> = {}

beforeAll(async () => {
  const weights = statSync(await realModelPath()).size
  environment = {
    ELPIS_EGRESS_POLICY: 'cut-key',
    ELPIS_EGRESS_WEIGHTS_FROM: '1000',
    ELPIS_EGRESS_FRACTION: String(allowance / weights),
  }
  real = await realServer([], { environment })
  const signIn = await fetch(`${real.server.url}/web/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: real.server.url },
    body: JSON.stringify({ token: new URL(real.server.signInLink).hash.slice(1) }),
  })
  cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
})
afterAll(() => real[Symbol.asyncDispose]())

describe('no route reads weights', () => {
  test('whatever stands in the place of its names', async () => {
    const digest = (await (await fetch(`${real.server.url}/v1/models`, { headers: { cookie } })).json()) as {
      data: { id: string; digest: string }[]
    }
    const names = [
      digest.data[0]?.digest ?? '',
      `sha256-${digest.data[0]?.digest}`,
      '..%2F..%2Fmodels%2Fblobs',
      encodeURIComponent(`${real.home.path}/models`),
      `blobs%2F${digest.data[0]?.digest}`,
    ]
    const document = (await (await fetch(`${real.server.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const readable = Object.entries(document.paths).filter(
      ([path, methods]) => 'get' in methods && path !== '/v1/admin/events',
    )
    expect(readable.length).toBeGreaterThan(15)
    const wrong: string[] = []
    for (const [path] of readable) {
      for (const name of path.includes('{') ? names : ['']) {
        const url = `${real.server.url}${path.replaceAll(/\{\w+\}/g, name)}`
        const answer = await fetch(url, { headers: { cookie }, redirect: 'manual' })
        const body = Buffer.from(await answer.arrayBuffer())
        if (body.includes('GGUF') || body.length > 5_000_000) wrong.push(url)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('what leaves', () => {
  test('is counted for each key; beyond its share the key is cut, and others are not', async () => {
    const { key: taker, id: takerId } = await createKey(real.home, 'taker')
    const { key: other } = await createKey(real.home, 'other')
    const ask = async (key: string, tokens: number) =>
      await fetch(`${real.server.url}/v1/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'smollm2:135m',
          prompt: 'a',
          max_tokens: tokens,
          ignore_eos: true,
          stream: true,
        }),
      })
    const statuses: number[] = []
    for (let count = 0; count < 40 && statuses.at(-1) !== 403; count++) {
      const answer = await ask(taker, 40)
      await answer.text()
      statuses.push(answer.status)
    }
    expect(statuses.at(-1)).toBe(403)
    expect(statuses.length).toBeGreaterThan(1)
    const refusal = (await (await ask(taker, 4)).json()) as { error: { code: string } }
    expect(refusal.error.code).toBe('egress_cut')
    expect(
      (await fetch(`${real.server.url}/v1/files`, { headers: { authorization: `Bearer ${taker}` } })).status,
    ).toBe(403)
    const fine = await ask(other, 4)
    expect(fine.status).toBe(200)
    await fine.text()
    const page = await (await fetch(`${real.server.url}/metrics`)).text()
    // The owner's browser, above, may have had its share as well.
    expect(page).toMatch(/elpis_egress_alerts_total\{scope="key",policy="cut"\} [12]\n/)
    expect(real.server.log()).toMatch(/"event":"egress".*"cut":true/)
    expect((await elpis(real.home, ['usage', '--json'])).code).toBe(0)

    // Another start knows what was written down, however the last one ended.
    const database = new DatabaseSync(join(real.home.path, 'elpis.db'), { readOnly: true })
    const written = database.prepare('select sum(bytes) as bytes from egress_hours where account = ?')
    await expect
      .poll(() => Number(written.get(takerId)?.['bytes']), { timeout: 60_000 })
      .toBeGreaterThanOrEqual(allowance)
    database.close()
    real.server.process.kill('SIGKILL')
    await real.server.stop()
    await using again = await serveElpis(real.home, [], { environment })
    const still = await fetch(`${again.url}/v1/models`, { headers: { authorization: `Bearer ${taker}` } })
    expect([still.status, ((await still.json()) as { error?: { code: string } }).error?.code]).toEqual([
      403,
      'egress_cut',
    ])
    expect(
      (await fetch(`${again.url}/v1/models`, { headers: { authorization: `Bearer ${other}` } })).status,
    ).toBe(200)
  })
})
