/** An answer that a stranger can replay: exported by a real server, checked without it, on the real model. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnswerFile } from '../src/audit/answer-record.ts'
import { parseVerifierKey, type VerifierKey } from '../src/audit/note.ts'
import { verifyAnswer } from '../src/audit/verify-answer.ts'
import { settings } from '../src/config.ts'
import { embeddedEngine, type EmbeddedEngine } from '../src/engine/embedded-engine.ts'
import { replayAnswer, whyNotReplayed } from '../src/server/replay-answer.ts'
import { createKey, elpis } from './support/elpis.ts'
import { realModelPath, realModelSha256 } from './support/real-model.ts'
import { realServer, type RealServer } from './support/real-server.ts'

let real: RealServer
let engine: EmbeddedEngine
let file: AnswerFile
let log: VerifierKey
let path: string
const at = (name: string) => join(real.home.path, name)

beforeAll(async () => {
  // What the guard cuts is not replayed whole, and what it makes of such prose is another home's matter.
  real = await realServer([], { environment: { ELPIS_AUDIT_CONTENT: 'all', ELPIS_GUARD_POLICY: 'open' } })
  const response = await fetch(`${real.server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${real.key}` },
    body: JSON.stringify({
      model: 'smollm2:135m',
      messages: [
        { role: 'system', content: 'You are a helpful assistant.' },
        { role: 'user', content: 'Tell a short story about a lighthouse.' },
      ],
      temperature: 0.7,
      seed: 7,
      n: 2,
      max_tokens: 40,
    }),
  })
  await response.json()
  const id = response.headers.get('elpis-receipt') ?? ''
  path = at('answer.json')
  const exported = await elpis(real.home, ['answer', 'export', id, '--out', path])
  if (exported.code !== 0) throw new Error(exported.stderr)
  file = JSON.parse(readFileSync(path, 'utf8')) as AnswerFile
  const key = await (await fetch(`${real.server.url}/log/key`)).text()
  writeFileSync(at('log.pub'), key)
  log = parseVerifierKey(key)!
  const [, level = ''] = /^llama\.cpp \S+ (\S+)/.exec(file.record.build ?? '') ?? []
  const weights = { path: await realModelPath(), digest: realModelSha256, licence: null, createdAt: 0 }
  engine = embeddedEngine({
    models: [{ id: 'smollm2:135m', ...weights }],
    settings: { ...settings.parse({}).engine, cpu_level: level },
    queue: 4,
  })
}, 90_000)

afterAll(async () => {
  await engine?.close()
  await real?.[Symbol.asyncDispose]()
})

/** What is found in a file whose record was changed. */
async function problemsOf(change: (record: AnswerFile['record']) => void, of: AnswerFile = file) {
  const changed = structuredClone(of)
  change(changed.record)
  const report = verifyAnswer(JSON.stringify(changed), log)
  if (typeof report === 'string') throw new Error(report)
  const parts = { engine, model: 'smollm2:135m', changedByGuard: false, signal: AbortSignal.timeout(60_000) }
  const replay = await replayAnswer(report.record, parts)
  return { log: report.problems, replay: replay.problems, choices: replay.choices }
}

test('its owner gets the same with their key, and nobody else gets anything', async () => {
  const get = (key: string) =>
    fetch(`${real.server.url}/v1/answers/${file.record.entry}`, {
      headers: { authorization: `Bearer ${key}` },
    })
  const own = (await (await get(real.key)).json()) as AnswerFile
  expect(own.record).toEqual(file.record)
  const { key } = await createKey(real.home, 'somebody else')
  const other = await get(key)
  expect([other.status, await other.text()]).toEqual([404, expect.not.stringContaining('lighthouse')])
  const notices = await fetch(`${real.server.url}/v1/notices`, {
    headers: { authorization: `Bearer ${real.key}` },
  })
  expect(await notices.json()).toMatchObject({
    data: [{ entry: file.record.entry, reason: 'answer export' }],
  })
})

test('elpis verify answer says that it holds, and what was not checked', async () => {
  const words = ['verify', 'answer', path, '--key', at('log.pub'), '--json']
  const { code, stdout, stderr } = await elpis(real.home, words)
  expect(stderr).toBe('')
  const found = JSON.parse(stdout) as { replay: { build: string; exact: boolean; choices: unknown[] } }
  expect(found).toMatchObject({ ok: true, problems: [], entry: file.record.entry })
  expect(found.replay.build).toBe(file.record.build)
  // The same machine and settings, on a processor: the same bits.
  expect(found.replay.exact).toBe(true)
  const exactly = { fits: true, score: 0, most: 0 }
  expect(found.replay.choices).toMatchObject([exactly, exactly])
  expect(code).toBe(0)
})

test('who verifies with fast attention still computes exactly what was computed exactly', async () => {
  const words = ['verify', 'answer', path, '--key', at('log.pub'), '--json']
  const environment = { ELPIS_ENGINE_ATTENTION: 'fast' }
  const { stdout } = await elpis(real.home, words, { environment })
  const exactly = { fits: true, score: 0, most: 0 }
  expect(JSON.parse(stdout)).toMatchObject({ replay: { exact: true, choices: [exactly, exactly] } })
})

test('another layout of the cache is allowed its rounding, and said', async () => {
  const words = ['verify', 'answer', path, '--key', at('log.pub'), '--json']
  const environment = { ELPIS_ENGINE_CONTEXT: '1024' }
  const { code, stdout } = await elpis(real.home, words, { environment })
  const found = JSON.parse(stdout) as { replay: { exact: boolean }; checked: string[] }
  expect([code, found.replay.exact]).toEqual([0, false])
  expect(found.checked.join()).toContain('with an allowance for rounding')
})

test('elpis verify answer ends with 6 when a token was changed, and with 3 for what is no answer', async () => {
  const changed = structuredClone(file)
  changed.record.tokens[0]![20] = changed.record.tokens[0]![20] === 260 ? 284 : 260
  writeFileSync(at('changed.json'), JSON.stringify(changed))
  const bad = await elpis(real.home, ['verify', 'answer', at('changed.json'), '--key', at('log.pub')])
  expect(bad.stdout).toMatch(/WRONG: the record is not what[^]*WRONG: choice 0: .* would not be chosen/)
  expect(bad.code).toBe(6)
  const none = await elpis(real.home, ['verify', 'answer', at('log.pub'), '--key', at('log.pub')])
  expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('it is not JSON')])
})

describe('it is refused, by the log and by the weights, when', () => {
  test('nothing was changed, by neither', async () => {
    expect(await problemsOf(() => {})).toMatchObject({ log: [], replay: [] })
  })

  test('the text was edited', async () => {
    const found = await problemsOf(({ output }) => {
      output![1]!.text += ' And it was good.'
    })
    expect(found.log).toContain('the output is not what the entry commits to')
    expect(found.replay).toEqual(['choice 1: its text is not what its tokens spell'])
  })

  test('it names another seed', async () => {
    const found = await problemsOf(({ settings: { sampling } }) => {
      sampling.seed = 8
    })
    expect(found.log).toContain('the settings is not what the entry commits to')
    expect(found.choices.every(({ fits }) => !fits)).toBe(true)
  })

  test('it names another system prompt', async () => {
    const found = await problemsOf(({ prompt }) => {
      if (prompt.kind === 'chat') prompt.messages[0]!.content = 'You are a pirate.'
    })
    expect(found.log).toContain('the prompt is not what the entry commits to')
    expect(found.choices.some(({ fits }) => !fits)).toBe(true)
  })

  test('it names other weights, or its receipt another log', async () => {
    const changed = { ...file, record: { ...file.record, weights: '0'.repeat(64) } }
    const report = verifyAnswer(JSON.stringify(changed), log)
    expect(typeof report === 'string' ? [] : report.problems).toContain("weights differs from the entry's")
    writeFileSync(at('weights.json'), JSON.stringify(changed))
    const words = ['verify', 'answer', at('weights.json'), '--key', at('log.pub'), '--model', 'smollm2:135m']
    const { code, stdout } = await elpis(real.home, words)
    expect([code, stdout]).toEqual([6, expect.stringContaining('smollm2:135m is not what answered')])
    const receipt = file.receipt.replace(/^index (\d+)$/m, (_line, index) => `index ${Number(index) + 1}`)
    const other = verifyAnswer(JSON.stringify({ ...file, receipt }), log)
    expect(typeof other === 'string' ? [] : other.problems.join()).toContain('the receipt: it does not prove')
  })
})

describe('an answer that a grammar held', () => {
  const schema = (description: string) => ({
    type: 'object',
    // Not in the order of the alphabet, which templates and grammars would follow as well.
    properties: {
      town: { type: 'string', maxLength: 20, description },
      age: { type: 'integer' },
      big: { type: 'boolean' },
    },
    required: ['town', 'age', 'big'],
    additionalProperties: false,
  })
  const parameters = schema('Where it is.')
  const tools = [
    { type: 'function', function: { name: 'find_town', description: 'Finds a town.', parameters } },
  ]
  const kinds = {
    'to a schema': {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'town', strict: true, schema: parameters },
      },
    },
    'to any JSON object': { response_format: { type: 'json_object' } },
    'to a call of a tool': { tools, tool_choice: 'required' },
    'to tools that it may call': { tools },
  }

  async function answered(more: object): Promise<AnswerFile> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${real.key}` }
    const response = await fetch(`${real.server.url}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        model: 'smollm2:135m',
        messages: [{ role: 'user', content: 'Tell me of a town by the sea, as JSON.' }],
        temperature: 0.8,
        seed: 11,
        n: 2,
        max_tokens: 60,
        ...more,
      }),
    })
    expect([response.status, await response.json()]).toEqual([200, expect.anything()])
    const id = response.headers.get('elpis-receipt') ?? ''
    return (await (await fetch(`${real.server.url}/v1/answers/${id}`, { headers })).json()) as AnswerFile
  }

  test.each(Object.entries(kinds))('%s is computed again, within it', async (_kind, more) => {
    const given = await answered(more)
    expect(await problemsOf(() => {}, given)).toMatchObject({
      log: [],
      replay: [],
      choices: [{ fits: true }, { fits: true }],
    })
    // A rare token in its midst.
    const at = Math.floor((given.record.tokens[1]?.length ?? 0) / 2)
    const changed = await problemsOf(({ tokens }) => {
      tokens[1]![at] = 40_000
    }, given)
    expect([changed.choices[0]?.fits, changed.choices[1]?.fits]).toEqual([true, false])
    expect(changed.choices[1]?.edited).toContain(at)
    expect(changed.log).toEqual(['the record is not what the entry commits to'])
  })

  test('bit for bit by elpis verify answer, and not when its call or the order of its schema was changed', async () => {
    const given = await answered(kinds['to a call of a tool'])
    expect(given.record.output?.map(({ calls }) => calls.map(({ name }) => name))).toEqual([
      ['find_town'],
      ['find_town'],
    ])
    writeFileSync(at('called.json'), JSON.stringify(given))
    const words = ['verify', 'answer', at('called.json'), '--key', at('log.pub'), '--json']
    const { code, stdout } = await elpis(real.home, words)
    const found = JSON.parse(stdout) as { problems: string[]; replay: { exact: boolean; choices: unknown[] } }
    expect([code, found.problems, found.replay.exact]).toEqual([0, [], true])
    expect(found.replay.choices).toMatchObject([{ score: 0 }, { score: 0 }])

    const edited = await problemsOf(({ output }) => {
      output![0]!.calls[0]!.arguments = '{"town":"Atlantis","age":1,"big":true}'
    }, given)
    expect(edited.log).toContain('the output is not what the entry commits to')
    expect(edited.replay).toEqual(['choice 0: its call is not what its tokens spell'])
    const sorted = await problemsOf(({ settings: { toolUse } }) => {
      const { town, age, big } = parameters.properties
      toolUse!.tools[0]!.parameters = JSON.stringify({ ...parameters, properties: { age, big, town } })
    }, given)
    expect(sorted.log).toContain('the settings is not what the entry commits to')
    expect(sorted.choices.every(({ fits }) => !fits)).toBe(true)
  })

  test('is not computed again where its schema was recorded as it was sorted', () => {
    const { record } = structuredClone(file)
    const of = (schema: object) =>
      whyNotReplayed({
        ...record,
        settings: { ...record.settings, format: { kind: 'json-schema', schema } as never },
      })
    expect(of({ type: 'object' })).toContain('without the order')
    expect(whyNotReplayed(record)).toBeNull()
  })
})
