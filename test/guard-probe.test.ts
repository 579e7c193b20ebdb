/** A probe of the real model's hidden states: trained by the command, used by a server, refused when it is for other weights. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createKey, elpis, freshHome, serveElpis, withRealModel, type Home } from './support/elpis.ts'
import { probeRows } from './support/probe-rows.ts'
import { realModelSha256 } from './support/real-model.ts'

const model = 'smollm2:135m'
/** Questions that no row has, about things that none is about. */
const aboutLocks = 'The bolt of my front gate does not slide when I turn the key. What should I do?'
const aboutFood = 'What is a simple recipe for banana bread with walnuts?'

let home: Home
let key: string
let plain: { readonly food: string; readonly locks: string }

const policy = (probe: string) => {
  const text = `name = "probing"\nsummary = "What the model makes of it decides."\njudge = false\n[probe]\n${probe}\n`
  writeFileSync(join(home.path, 'policies', 'probing.toml'), text)
}
const serve = () => serveElpis(home, [], { environment: { ELPIS_GUARD_POLICY: 'probing' } })
const ask = async (url: string, content: string) => {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
  const answer = await client.chat.completions.create({
    model,
    messages: [{ role: 'user', content }],
    temperature: 0,
    max_completion_tokens: 60,
  })
  const [choice] = answer.choices
  return { text: choice?.message.content ?? '', reason: choice?.finish_reason }
}
const refusal = async (url: string, content: string) =>
  await ask(url, content).then(
    () => null,
    (error: unknown) => (error instanceof APIError ? { status: error.status, code: error.code } : error),
  )

beforeAll(async () => {
  home = freshHome()
  mkdirSync(join(home.path, 'policies'))
  policy('input = "block"\noutput = "block"\nat = 0.5')
  await withRealModel(home)
  await using server = await serve()
  key = (await createKey(home)).key
  // Off, for there is no probe: the same policy answers both.
  const [food, locks] = await Promise.all([ask(server.url, aboutFood), ask(server.url, aboutLocks)])
  plain = { food: food.text, locks: locks.text }
}, 300_000)
afterAll(() => home[Symbol.asyncDispose]())

test(
  'it is trained, tells apart what it has not seen, and is used by a server',
  { timeout: 600_000 },
  async () => {
    const data = join(home.path, 'rows.jsonl')
    writeFileSync(
      data,
      probeRows(5)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    )
    const trained = await elpis(home, ['guard', 'train-probe', model, '--data', data, '--json'])
    expect(trained.stderr).toBe('')
    const report = JSON.parse(trained.stdout) as {
      digest: string
      rows: number
      measures: Record<'probe' | 'judge' | 'together', { auprc: number }> & { rows: number }
    }
    expect(report.digest).toBe(realModelSha256)
    expect(report.rows + report.measures.rows).toBe(60)
    expect(report.measures.probe.auprc).toBeGreaterThan(0.95)
    expect(report.measures.probe.auprc).toBeGreaterThan(report.measures.judge.auprc)
    const { stdout: listed } = await elpis(home, ['guard', 'probes', '--json'])
    expect(JSON.parse(listed)).toMatchObject({ probes: [{ model, responses: true }], broken: [] })

    await using server = await serve()
    // Nothing of the text changes by being read.
    expect(await ask(server.url, aboutFood)).toMatchObject({ text: plain.food })
    expect(await refusal(server.url, aboutLocks)).toEqual({ status: 400, code: 'content_policy' })

    policy('input = "allow"\noutput = "block"\nat = 0.5')
    // The answer begins, and is ended once it is about locks.
    await vi.waitFor(async () => expect((await ask(server.url, aboutLocks)).reason).toBe('content_filter'), {
      timeout: 120_000,
      interval: 200,
    })
    const { text } = await ask(server.url, aboutLocks)
    expect(plain.locks.startsWith(text)).toBe(true)
    expect(text.length).toBeLessThan(plain.locks.length)
  },
)

test(
  'one for other weights is refused: what a policy has it judge is not answered',
  { timeout: 300_000 },
  async () => {
    const file = join(home.path, 'probes', `${realModelSha256}.json`)
    const probe = JSON.parse(readFileSync(file, 'utf8')) as object
    writeFileSync(file, JSON.stringify({ ...probe, digest: 'ab'.repeat(32) }))
    {
      await using server = await serve()
      expect(await refusal(server.url, aboutFood)).toEqual({ status: 503, code: 'guard_unavailable' })
      expect(server.log()).toContain('probe cannot be used')
    }
    const { stdout } = await elpis(home, ['guard', 'probes', '--json'])
    expect(JSON.parse(stdout)).toEqual({ probes: [], broken: [realModelSha256] })
    expect((await elpis(home, ['guard', 'probes', 'rm', model])).code).toBe(0)
    expect((await elpis(home, ['guard', 'probes', 'rm', model])).code).toBe(3)
  },
)

test('rows that nothing can be learnt from are refused, with the line', { timeout: 60_000 }, async () => {
  const data = join(home.path, 'wrong.jsonl')
  const wrong = ['{"prompt": "a", "label": 1}', '{"prompt": "a", "label": "yes"}']
  for (const [lines, problem] of [
    [wrong, 'line 2: label'],
    [wrong.slice(0, 1), '1 have the label true and 0 false'],
  ] as const) {
    writeFileSync(data, lines.join('\n'))
    const { code, stderr } = await elpis(home, ['guard', 'train-probe', model, '--data', data])
    expect(code).toBe(3)
    expect(stderr).toContain(problem)
  }
})
