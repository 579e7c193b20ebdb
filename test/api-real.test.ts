/** The product from outside with the real model: the bin, its server, OpenAI's client, the terminal. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { elpis, freshHome, withRealModel } from './support/elpis.ts'
import { realServer, type RealServer } from './support/real-server.ts'

const model = 'smollm2:135m'
const question = {
  model,
  messages: [{ role: 'user' as const, content: 'Count from one to ten.' }],
  temperature: 0,
  max_tokens: 24,
}

let given: RealServer
let home: RealServer['home']
let server: RealServer['server']
let key: RealServer['key']
let client: RealServer['client']

beforeAll(async () => {
  given = await realServer()
  ;({ home, server, key, client } = given)
})
afterAll(async () => {
  await given[Symbol.asyncDispose]()
})

describe('the API on the real model', () => {
  test('gives the same answer whole, as a stream, and under a seed', async () => {
    const whole = await client.chat.completions.create(question)
    const content = whole.choices[0]?.message.content ?? ''
    expect(content.length).toBeGreaterThan(10)
    const stream = await client.chat.completions.create({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(content)
    expect(chunks.at(-1)?.usage).toMatchObject({
      prompt_tokens: whole.usage?.prompt_tokens,
      completion_tokens: whole.usage?.completion_tokens,
    })
    const seeded = { ...question, temperature: 1, seed: 42 }
    const [one, other] = [
      await client.chat.completions.create(seeded),
      await client.chat.completions.create(seeded),
    ]
    expect(one.choices[0]?.message.content).toBe(other.choices[0]?.message.content)
  })

  test('reports probabilities, choices, stop strings and limits as they are', async () => {
    const answer = await client.chat.completions.create({
      ...question,
      n: 2,
      logprobs: true,
      top_logprobs: 3,
    })
    for (const { logprobs, message, finish_reason: reason } of answer.choices) {
      const tokens = logprobs?.content ?? []
      expect(Buffer.from(tokens.flatMap(({ bytes }) => bytes ?? [])).toString()).toContain(
        message.content ?? '',
      )
      for (const { logprob, top_logprobs: top } of tokens) {
        expect(logprob).toBeLessThanOrEqual(0)
        expect(top).toHaveLength(3)
        expect(top[0]?.logprob).toBe(logprob)
      }
      expect(['stop', 'length']).toContain(reason)
    }
    expect(answer.choices[0]?.message.content).toBe(answer.choices[1]?.message.content)
    const text = { model, prompt: '1, 2, 3, 4, 5, 6,', temperature: 0, max_tokens: 12 }
    const plain = (await client.completions.create(text)).choices[0]
    expect(plain?.text).toContain('7')
    const stopped = (await client.completions.create({ ...text, stop: '7' })).choices[0]
    expect(stopped).toMatchObject({ finish_reason: 'stop' })
    expect(plain?.text.startsWith(stopped?.text ?? '?')).toBe(true)
    expect(stopped?.text).not.toContain('7')
    const biased = await client.chat.completions.create({ ...question, max_tokens: 1, logprobs: true })
    expect(biased.usage?.completion_tokens).toBe(1)
  })

  test('refuses a prompt that does not fit, with both numbers, before any header', async () => {
    const long = { role: 'user' as const, content: 'word '.repeat(9000) }
    for (const stream of [true, false]) {
      await expect(
        client.chat.completions.create({ ...question, messages: [long], stream }),
      ).rejects.toMatchObject({ status: 400, code: 'context_exceeded', param: 'messages' })
    }
    const { error } = (await (await post({ ...question, messages: [long] })).json()) as {
      error: { message: string }
    }
    expect(error.message).toMatch(/90\d\d tokens.* 8192/)
  })

  test('stops generating when the client leaves', async () => {
    const endless = { ...question, max_tokens: 2000, ignore_eos: true, stream: true as const }
    const stream = await client.chat.completions.create(endless)
    for await (const chunk of stream) if ((chunk.choices[0]?.delta.content ?? '') !== '') break
    await expect.poll(active, { timeout: 2000, interval: 20 }).toBe(0)
  })

  test('answers or refuses each of 200 at once, and lives', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const response = await post({ model, prompt: 'A', max_tokens: 1 }, '/v1/completions')
        await response.text()
        return response.status !== 200 && response.headers.get('retry-after') === null
          ? 'no hint'
          : response.status
      }),
    )
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(16)
    // 429: this key has more inside than one key may.
    expect(statuses.filter((status) => ![200, 429, 503].includes(Number(status)))).toEqual([])
    expect(await active()).toBe(0)
    expect((await post({ ...question, max_tokens: 1 })).status).toBe(200)
  })
})

describe('elpis run on the real model', () => {
  test('asks the running server, and says the same as the API', async () => {
    const asked = question.messages[0]?.content ?? ''
    const options = ['--temperature', '0', '--max-tokens', '24']
    const whole = await client.chat.completions.create(question)
    const content = whole.choices[0]?.message.content ?? ''
    const said = await elpis(home, ['run', ...options, model, asked])
    expect([said.code, said.stderr, said.stdout]).toEqual([0, '', `${content}\n`])
    const piped = await elpis(home, ['run', ...options, '--json'], { input: `${asked}\n` })
    expect(JSON.parse(piped.stdout)).toMatchObject({
      model,
      content,
      usage: { completion_tokens: expect.any(Number) },
    })
  })

  test('loads the model itself where no server runs', async () => {
    await using alone = freshHome()
    await withRealModel(alone)
    const { code, stdout } = await elpis(alone, ['run', '--max-tokens', '3', '--json', 'Hello'])
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { model, usage: { completion_tokens: 3 } }])
  })

  test('refuses wrong usage with exit code 2', async () => {
    expect((await elpis(home, ['run'])).code).toBe(2)
    expect((await elpis(home, ['run', '--temperature', '3', 'hi'])).code).toBe(2)
    expect((await elpis(home, ['run', '--seed', '-1', 'hi'])).code).toBe(2)
    expect((await elpis(home, ['run', '--max-tokens', '1.5', 'hi'])).code).toBe(2)
  })
})

describe('elpis doctor and a second server', () => {
  test('doctor finds all well beside the running server', async () => {
    const { code, stdout } = await elpis(home, ['doctor', '--json'])
    const { findings } = JSON.parse(stdout) as { findings: { check: string; state: string; found: string }[] }
    expect(findings.filter(({ state }) => state === 'fail')).toEqual([])
    expect(code).toBe(0)
    expect(findings.find(({ check }) => check === 'Port')?.found).toContain(server.url)
    expect(findings.find(({ check }) => check === `Model ${model}`)?.found).toContain('here and whole')
    expect(findings.find(({ check }) => check === 'Engine')?.state).toBe('ok')
  })

  test('doctor fails, and says what to do, where something is broken', async () => {
    const environment = { ELPIS_ENGINE_CPU_LEVEL: 'pentium', ELPIS_MODELS_SERVE: 'smolm2:135m' }
    const { code, stdout } = await elpis(home, ['doctor', '--json'], { environment })
    expect(code).toBe(1)
    const { findings } = JSON.parse(stdout) as {
      findings: { check: string; state: string; advice: string | null }[]
    }
    const engine = findings.find(({ check }) => check === 'Engine')
    expect(engine?.state).toBe('fail')
    expect(engine?.advice).toContain('engine.cpu_level')
    expect(findings.find(({ check }) => check === 'Model smolm2:135m')?.state).toBe('fail')
  })

  test('a second server on this home, or on this port, is refused with the reason', async () => {
    const second = await elpis(home, ['serve', '--port', '0'])
    expect(second.code).not.toBe(0)
    expect(second.stderr).toContain(server.url)
    await using other = freshHome()
    await withRealModel(other)
    const taken = await elpis(other, ['serve', '--port', new URL(server.url).port])
    expect([taken.code, taken.stderr]).toEqual([5, expect.stringContaining('is taken')])
  })
})

function post(body: object, path = '/v1/chat/completions'): Promise<Response> {
  return fetch(server.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** Answers that the engine is making. */
async function active(): Promise<number> {
  const response = await fetch(`${server.url}/health`, { headers: { 'x-api-key': key } })
  const { models } = (await response.json()) as { models: { active: number; queued: number }[] }
  return models.reduce((sum, { active, queued }) => sum + active + queued, 0)
}
