/** A draft model beside the real model: texts stay what they are, and what cannot draft is refused. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import type { DraftFile, LoadOptions } from '../src/engine/protocol.ts'
import { draftMemory } from '../src/server/model-memory.ts'
import { readGguf } from '../src/weights/gguf/read.ts'
import { createKey, elpis, freshHome, serveElpis, withRealModel } from './support/elpis.ts'
import { EngineChild, greedy } from './support/engine-child.ts'
import { metricValue } from './support/metric-value.ts'
import { realModelPath } from './support/real-model.ts'
import { writeTinyModel } from './tiny-models/families.ts'
import { writeFirstLayers } from './tiny-models/first-layers.ts'

let folder: string
let path: string
let sixLayers: string
let engine: EngineChild | null = null
const counts = { proposed: 0, right: 0 }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elpis-draft-'))
  path = await realModelPath()
  sixLayers = join(folder, 'six-layers.gguf')
  await writeFirstLayers(path, 6, sixLayers)
})
afterEach(async () => {
  await engine?.close()
  engine = null
})
afterAll(() => rm(folder, { recursive: true }))

const draftFile = (file: string): DraftFile => ({
  name: 'the-draft',
  model: 'the-model',
  path: file,
  files: [file],
  bytes: 0,
})

async function load(options: Partial<LoadOptions>): Promise<void> {
  engine = new EngineChild()
  engine.onReport((report) => {
    if (report.type === 'step' && report.occupancy?.drafts !== undefined)
      Object.assign(counts, report.occupancy.drafts)
  })
  await engine.load({ path, contextTokens: 1024, cacheTokens: 4096, ...options })
}

const sampled = { ...greedy, temperature: 0.8, topP: 0.95, repeatPenalty: 1.1, seed: 11 }
const questions = ['Tell a short story about a lighthouse.', 'Why is the sky blue?', 'Name three rivers.']

/** One answer of each kind to each question, one after the other, then all of them at the same time. */
async function texts(): Promise<string[]> {
  const jobs = questions.flatMap((question) =>
    [greedy, sampled].map((sampling) => ({
      prompt: [
        { text: '<|im_start|>user\n', control: true },
        { text: question, control: false },
        { text: '<|im_end|>\n<|im_start|>assistant\n', control: true },
      ],
      sampling,
      maxTokens: 40,
    })),
  )
  const said: string[] = []
  for (const job of jobs) said.push((await engine!.run(job)).choices[0]!.text)
  const together = await Promise.all(jobs.slice(0, 4).map((job) => engine!.run(job)))
  return [...said, ...together.map(({ choices }) => choices[0]!.text)]
}

describe('a text is the same, greedy and sampled, alone and beside others', () => {
  let plain: string[]
  beforeAll(async () => {
    await load({ drafts: 'never' })
    plain = await texts()
  })

  test('with a draft that is mostly wrong: the first six layers of the model', async () => {
    await load({ drafts: 'always', draft: draftFile(sixLayers) })
    expect(new Set(plain).size).toBe(questions.length * 2)
    expect(await texts()).toEqual(plain)
    expect(counts.proposed).toBeGreaterThan(20)
    expect(counts.right).toBeLessThan(counts.proposed / 2)
  })

  test('with a draft that is nearly always right: the model itself', async () => {
    await load({ drafts: 'always', draft: draftFile(path) })
    expect(await texts()).toEqual(plain)
    expect(counts.proposed).toBeGreaterThan(100)
    // Its attention is computed in the quick way, so it rounds a little differently; what comes after a wrong token counts.
    expect(counts.right).toBeGreaterThan(counts.proposed * 0.7)
  })

  test('and where drafts must pay for themselves, that one is hardly asked', async () => {
    counts.proposed = 0
    await load({ drafts: 'measured', draft: draftFile(path) })
    expect(await texts()).toEqual(plain)
    expect(counts.proposed).toBeLessThan(20)
  })
})

test.runIf(process.platform === 'linux')('what a draft takes of memory was estimated', async () => {
  const question = { prompt: [{ text: 'Once upon a time', control: false }], maxTokens: 16 }
  const taken = async (options: Partial<LoadOptions>) => {
    await load(options)
    await engine!.run(question)
    const status = await readFile(`/proc/${engine!.process.pid}/status`, 'utf8')
    await engine!.close()
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024
  }
  const alone = await taken({})
  const drafted = await taken({ drafts: 'always', draft: draftFile(sixLayers) })
  const own = { ...settings.parse({}).engine, context: 1024 }
  const { total } = draftMemory(await readGguf(sixLayers), own)
  expect(drafted - alone).toBeGreaterThan(total * 0.6)
  expect(drafted - alone).toBeLessThan(total * 1.15)
})

test('a draft with another vocabulary is refused, and both are named', async () => {
  const other = join(folder, 'qwen.gguf')
  await writeTinyModel('qwen3', other)
  await expect(load({ draft: draftFile(other) })).rejects.toThrow(
    /the draft model the-draft has another vocabulary than the-model: \d+ tokens, not 49152/,
  )
})

test('elpis serve --draft: the weights are checked like any, the answer is the same, and metrics tell of it', async () => {
  await using home = freshHome()
  await withRealModel(home)
  const pull = ['pull', `file:${sixLayers}`, '--name', 'six', '--accept-license']
  expect(await elpis(home, pull)).toMatchObject({ code: 0 })
  const scrapeToken = 'a-token-for-scraping-only'
  const environment = {
    ELPIS_GUARD_POLICY: 'open',
    ELPIS_ENGINE_CONTEXT: '1024',
    ELPIS_ENGINE_DRAFTS: 'always',
    ELPIS_MONITORING_SCRAPE_TOKEN_ENV: 'METRICS_TOKEN',
    METRICS_TOKEN: scrapeToken,
  }
  const { key } = await createKey(home)
  const ask = async (words: readonly string[]) => {
    await using server = await serveElpis(home, words, { environment })
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'smollm2:135m',
        messages: [{ role: 'user', content: 'Why is the sky blue?' }],
        temperature: 0.7,
        seed: 3,
        max_tokens: 40,
      }),
    })
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] }
    const page = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${scrapeToken}` } })
    return { said: choices[0]?.message.content ?? '', metrics: await page.text() }
  }
  const drafted = await ask(['--draft', 'smollm2:135m=six'])
  const plain = await ask([])
  expect(drafted.said).toBe(plain.said)
  expect(drafted.said.length).toBeGreaterThan(20)
  const proposed = 'elpis_engine_draft_tokens{model="smollm2:135m",which="proposed"}'
  expect(metricValue(drafted.metrics, proposed)).toBeGreaterThan(0)
  expect(plain.metrics).not.toContain(proposed)
  const stranger = await elpis(home, ['serve', '--port', '0', '--draft', 'other=six'], { environment })
  expect(stranger.stderr).toContain('"other=six" is for a model that is not served')
  expect(stranger.code).not.toBe(0)
})
