/**
 * A real vLLM behind a real Elpis, on a CPU: what goes through, and what it costs. Prepare it once, then run:
 *
 *   sh test/vllm/prepare.sh FOLDER ~/.cache/elpis-tests/SmolLM2-135M-Instruct.Q4_1.gguf
 *   sh bin/node.sh test/vllm/vllm.ts FOLDER
 *
 * Every check must hold, or it fails; the figures go to `bench/results/vllm-DATE.md`.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import OpenAI from 'openai'
import { load, type LoadFigures, type Target } from '../../bench/load.ts'
import { ready, stop } from '../../bench/contenders.ts'
import { createKey, freshHome, serveElpis } from '../support/elpis.ts'
import { freePort } from '../support/free-port.ts'

const folder = process.argv[2]
if (folder === undefined) throw new Error('Name the folder that test/vllm/prepare.sh has made.')
const model = 'smollm2'
const keyOfVllm = 'key-of-vllm'
const tokens = 64
const question = {
  model,
  messages: [{ role: 'user' as const, content: 'What is the capital of France?' }],
  temperature: 0,
  max_tokens: 24,
}

const port = await freePort()
const vllm = startVllm(folder, port)
try {
  // The one line of configuration.
  const environment = { ELPIS_UPSTREAMS_VLLM: `http://127.0.0.1:${port}/v1` }
  await ready(vllm, `http://127.0.0.1:${port}/health`, 300)
  await using home = freshHome()
  writeFileSync(
    join(home.path, 'elpis.toml'),
    `[upstreams.vllm]\nurl = "${environment.ELPIS_UPSTREAMS_VLLM}"\nkey_env = "KEY_OF_VLLM"\n`,
  )
  const { key } = await createKey(home)
  await using server = await serveElpis(home, [], { environment: { KEY_OF_VLLM: keyOfVllm } })
  const direct = { url: `http://127.0.0.1:${port}`, key: keyOfVllm, model }
  const through = { url: server.url, key, model }
  const held = await check(clientOf(direct), clientOf(through), direct, through)
  const rows: { streams: number; direct: LoadFigures; through: LoadFigures }[] = []
  await load(direct, 4, tokens)
  for (const streams of [1, 4, 8]) {
    rows.push({
      streams,
      direct: await load(direct, streams, tokens),
      through: await load(through, streams, tokens),
    })
  }
  report(held, rows)
} finally {
  await stop(vllm)
}

function startVllm(folder: string, port: number): ChildProcess {
  const flags = `--served-model-name ${model} --host 127.0.0.1 --port ${port} --max-model-len 2048 --dtype float32 --enforce-eager --enable-prompt-tokens-details --api-key ${keyOfVllm}`
  const words = ['serve', join(folder, 'model'), ...flags.split(' ')]
  return spawn(join(folder, 'venv/bin/vllm'), words, {
    env: { ...process.env, VLLM_CPU_KVCACHE_SPACE: '1', HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1' },
    stdio: 'ignore',
  })
}

function clientOf({ url, key }: Target): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
}

/** @returns what was found to hold, in words @throws where it does not */
async function check(direct: OpenAI, through: OpenAI, there: Target, here: Target): Promise<string[]> {
  const models = await through.models.list()
  assert.deepEqual(
    models.data.map((entry) => [entry.id, (entry as unknown as { context_tokens: number }).context_tokens]),
    [[model, 2048]],
  )
  const expected = await direct.chat.completions.create({ ...question, logprobs: true, top_logprobs: 2 })
  const whole = await through.chat.completions.create({ ...question, logprobs: true, top_logprobs: 2 })
  assert.equal(whole.choices[0]?.message.content, expected.choices[0]?.message.content)
  assert.deepEqual(
    [whole.usage?.prompt_tokens, whole.usage?.completion_tokens],
    [expected.usage?.prompt_tokens, expected.usage?.completion_tokens],
  )
  const bytes = (answer: typeof whole) => answer.choices[0]?.logprobs?.content?.map((entry) => entry.bytes)
  assert.deepEqual(bytes(whole)?.slice(0, 5), bytes(expected)?.slice(0, 5))
  const stream = await through.chat.completions.create({ ...question, stream: true })
  const chunks = await Array.fromAsync(stream)
  const said = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
  assert.equal(said, expected.choices[0]?.message.content)
  assert.ok(chunks.length > 5)

  const extended = { ...question, top_k: 1, min_p: 0.1, repeat_penalty: 1.2, temperature: 1, seed: 1 }
  assert.ok((await through.chat.completions.create(extended)).choices[0]?.message.content)
  const text = { model, prompt: 'Once upon a time', max_tokens: 8, temperature: 0 }
  const continued = (await through.completions.create(text)).choices[0]?.text
  assert.equal(continued, (await direct.completions.create(text)).choices[0]?.text)

  assert.deepEqual(await tokensOf(here, '/v1/tokenize'), await tokensOf(there, '/tokenize'))
  const tooLong = { ...question, messages: [{ role: 'user' as const, content: 'long '.repeat(4000) }] }
  await assert.rejects(through.chat.completions.create(tooLong), { status: 400, code: 'upstream_refused' })
  await cancels(through, there)
  return [
    'the models and the length of the context are known without being configured',
    'a greedy answer is the same through Elpis, whole and as a stream, with the same usage and probabilities',
    'text is continued alike; `top_k`, `min_p` and `repeat_penalty` reach vLLM under its own names',
    'the tokens of a conversation are those that vLLM counts',
    'a prompt beyond the context is a 400 with what vLLM says',
    'a client that leaves ends the answer at vLLM',
  ]
}

async function tokensOf({ url, key }: Target, path: string): Promise<unknown> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: question.messages }),
  })
  const { tokens, count } = (await response.json()) as { tokens: number[]; count: number }
  assert.ok(count > 10)
  return { tokens, count }
}

/** Leaves in mid-answer, and waits until vLLM says that it runs nothing. */
async function cancels(through: OpenAI, there: Target): Promise<void> {
  const leave = new AbortController()
  const body = { ...question, max_tokens: 1500, stream: true as const, ignore_eos: true }
  const stream = await through.chat.completions.create(body, { signal: leave.signal })
  await stream[Symbol.asyncIterator]().next()
  assert.equal(await running(there), 1)
  leave.abort()
  const deadline = Date.now() + 5000
  while ((await running(there)) > 0) {
    assert.ok(Date.now() < deadline, 'vLLM goes on although nobody waits')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function running({ url }: Target): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^vllm:num_requests_running\{[^}]*\} (\S+)$/m.exec(metrics)?.[1])
}

function report(
  held: readonly string[],
  rows: readonly { streams: number; direct: LoadFigures; through: LoadFigures }[],
) {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const cells = ({ tokensPerSecond, firstTokenP50, firstTokenP95 }: LoadFigures) =>
    `${tokensPerSecond.toFixed(1)} | ${firstTokenP50.toFixed(0)} / ${firstTokenP95.toFixed(0)}`
  const page = [
    `# vLLM on a CPU behind Elpis, ${date}`,
    '',
    `Machine: ${machine}. vllm-cpu 0.32.0 with torch 2.13.0, SmolLM2-135M-Instruct de-quantised from Q4_1 to float32. Command: \`sh bin/node.sh test/vllm/vllm.ts FOLDER\`.`,
    '',
    'It held that',
    '',
    ...held.map((line) => `- ${line}`),
    '',
    `Answers of ${tokens} tokens; times to the first token in milliseconds, p50 / p95. Elpis shares the cores with vLLM.`,
    '',
    '| streams | vLLM, tokens/s | first token | through Elpis, tokens/s | first token |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(({ streams, direct, through }) => `| ${streams} | ${cells(direct)} | ${cells(through)} |`),
    '',
  ].join('\n')
  writeFileSync(fileURLToPath(new URL(`../../bench/results/vllm-${date}.md`, import.meta.url)), page)
  console.log(page)
}
