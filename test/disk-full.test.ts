/** A disk that takes no more: every request gets an end, the server lives, and goes on once there is room. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createKey, elpis, freshHome, root, serveElpis, withRealModel } from './support/elpis.ts'

/** No file of the server may grow beyond this; the same to a database as a full disk (setrlimit(2), EFBIG). */
const blocks = 2400

test.skipIf(process.platform === 'win32')('a full disk', { timeout: 240_000 }, async () => {
  await using home = freshHome()
  await withRealModel(home)
  const { key } = await createKey(home)
  const child = spawn(
    'sh',
    [
      '-c',
      `ulimit -f ${blocks}; exec "$0" "$@"`,
      process.execPath,
      join(root, 'bin/elpis.js'),
      'serve',
      '--json',
      '--port',
      '0',
    ],
    { cwd: home.path, env: home.environment, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const closed = new Promise((resolve) => child.once('close', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { event: string; url: string }
      if (event.event === 'ready') resolve(event.url)
    })
    void closed.then(() => reject(new Error(log)))
  })
  const ask = async (origin: string) => {
    const answer = await fetch(`${origin}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'smollm2:135m', prompt: 'a', max_tokens: 1 }),
    })
    const body = (await answer.json()) as { error?: { code: string } }
    const receipt = answer.headers.get('elpis-receipt')
    return { status: answer.status, code: body.error?.code ?? null, receipt }
  }
  let finished = 0
  const receipts: string[] = []
  let refused: { status: number; code: string | null } | null = null
  for (let count = 0; count < 400 && refused === null; count++) {
    const answer = await ask(url)
    if (answer.status !== 200) refused = answer
    else {
      finished++
      receipts.push(answer.receipt ?? 'none')
    }
  }
  expect(refused?.status).toBeGreaterThanOrEqual(500)
  expect(refused?.code).toMatch(/^(storage_|audit_)/)
  expect(finished).toBeGreaterThan(0)
  // Nothing is accepted that cannot be written down, and the server still says so.
  for (let count = 0; count < 5; count++) expect((await ask(url)).status).toBeGreaterThanOrEqual(500)
  expect((await fetch(`${url}/health`)).status).toBe(200)
  child.kill('SIGTERM')
  await closed

  await using again = await serveElpis(home)
  expect((await ask(again.url)).status).toBe(200)
  // Every answer that was given has its entry, once, in a log that is whole.
  const whole = await elpis(home, ['audit', 'verify', 'log', '--json'])
  expect([whole.code, JSON.parse(whole.stdout)]).toMatchObject([0, { ok: true }])
  const ids = (await elpis(home, ['audit', 'export'])).stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id)
  expect(receipts.filter((receipt) => !ids.includes(receipt))).toEqual([])
  expect(new Set(ids).size).toBe(ids.length)
  const usage = await elpis(home, ['usage', '--json'])
  const { requests } = (JSON.parse(usage.stdout) as { total: { requests: number } }).total
  // What was under way when the disk filled may be missing, and then the log says how many.
  const waiting = [...log.matchAll(/"usage-not-written".*?"waiting":(\d+)/g)].map(([, count]) =>
    Number(count),
  )
  expect(requests).toBeLessThanOrEqual(finished + 1)
  expect(requests + Math.max(0, ...waiting)).toBeGreaterThanOrEqual(finished + 1)
})
