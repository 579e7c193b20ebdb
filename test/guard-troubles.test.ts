/** A guard that is down blocks everything; whoever runs the server learns what failed, and why. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createAccess } from '../src/access/create-access.ts'
import { systemClock } from '../src/core/clock.ts'
import { openStorage } from '../src/storage/storage.ts'
import { elpis, freshHome } from './support/elpis.ts'
import { freePort } from './support/free-port.ts'
import { metricValue } from './support/metric-value.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

const policy = `name = "asks"
summary = "Asks the guard model about everything."
[cascade]
clear = 0
unsure = 1
[hazards]
S2 = { input = "block", output = "block" }
`
const said = 'Tell me of the harbour of Zanzibar.'

test('the log, /health and metrics say which layer failed and why, and no word of what was asked', async () => {
  const fresh = freshHome()
  onTestFinished(() => fresh[Symbol.asyncDispose]())
  const home = fresh.path
  mkdirSync(join(home, 'policies'))
  writeFileSync(join(home, 'policies', 'asks.toml'), policy)
  const storage = await openStorage({ home })
  const access = await createAccess({ store: storage, clock: systemClock })
  const { key } = await access.createKey('root', { role: 'owner' })
  await access.close()
  await storage.close()
  const settings = {
    ELPIS_GUARD_POLICY: 'asks',
    ELPIS_GUARD_MODEL: 'openai-moderation',
    ELPIS_GUARD_ADDRESS: `http://127.0.0.1:${await freePort()}/v1`,
  }
  const lines: object[] = []
  const server = await startWholeServer(wholeConfig(home, settings), {
    log: (level, event, fields) => void lines.push({ level, event, ...fields }),
  })
  onTestFinished(() => server.close(AbortSignal.abort()))
  await server.ready
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model: 'fake:1b', messages: [{ role: 'user', content: said }] })
  const get = async (path: string, sent: Record<string, string> = headers) =>
    await (await fetch(server.url + path, { headers: sent })).text()
  expect(JSON.parse(await get('/health'))).toMatchObject({ guard: [] })
  for (let time = 0; time < 3; time++) {
    const answer = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body })
    expect(answer.status).toBe(503)
    // What failed is for those who run it, not for whoever asks.
    expect(await answer.text()).not.toContain('ECONNREFUSED')
  }
  const [layer, reason] = ['openai-moderation', 'it failed: TypeError ECONNREFUSED']
  expect(lines.filter((line) => 'event' in line && line.event === 'guard unavailable')).toEqual([
    { level: 'error', event: 'guard unavailable', layer, reason, times: 1 },
  ])
  expect(JSON.parse(await get('/health'))).toMatchObject({ guard: [{ layer, reason }] })
  expect(JSON.parse(await get('/health', {}))).not.toHaveProperty('guard')
  const page = await get('/metrics')
  expect(metricValue(page, `elpis_guard_failures_total{layer="${layer}"}`)).toBeGreaterThanOrEqual(3)
  expect(JSON.stringify(lines)).not.toContain('Zanzibar')

  const checked = await elpis(fresh, ['guard', 'check', said], { environment: settings })
  expect([checked.code, checked.stderr]).toEqual([5, expect.stringContaining(reason)])
})
