/** `elpis run` beside a running server: it talks to that server's model as the owner. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { talkToServer } from '../src/cli/talk-to-server.ts'
import type { Engine } from '../src/core/engine.ts'
import { elpisError } from '../src/errors.ts'
import { error, fakeEngine, hanging, start, text } from './support/fake-engine.ts'
import { startWholeServer, wholeConfig } from './support/whole-server.ts'

const hello = [{ role: 'user' as const, content: 'hello big world' }]

async function serving(engine: Engine, settings: Readonly<Record<string, string>> = {}) {
  const log: object[] = []
  const home = mkdtempSync(join(tmpdir(), 'elpis-talk-'))
  const server = await startWholeServer(wholeConfig(home, settings), {
    log: (_level, _event, fields) => void log.push({ ...fields }),
    openEngine: () => engine,
  })
  await server.ready
  return {
    home,
    server,
    log,
    async [Symbol.asyncDispose]() {
      await server.close(AbortSignal.abort())
      await rm(home, { recursive: true, force: true })
    },
  }
}

describe('talking to a running server', () => {
  test('streams its answers', async () => {
    const engine = fakeEngine({ models: ['fake:1b', 'fake:2b'] })
    await using given = await serving(engine)
    const talk = await talkToServer(given.home, null)
    expect(talk).toMatchObject({ model: 'fake:1b', place: given.server.url })
    const settings = { temperature: 0, seed: 7, maxTokens: 2 }
    const parts = await Array.fromAsync(talk?.answer(hello, settings, new AbortController().signal) ?? [])
    // What was judged together leaves together.
    const texts = parts.filter((part) => part.type === 'text-delta').map((part) => part.text)
    expect(texts.join('')).toBe('hello big ')
    expect(parts.slice(-2)).toEqual([
      { type: 'finish', choice: 0, reason: 'length' },
      { type: 'usage', usage: { promptTokens: 3, cachedTokens: 0, outputTokens: 2, reasoningTokens: 0 } },
    ])
    expect(engine.requests[0]).toMatchObject({ sampling: { temperature: 0, seed: 7 }, maxTokens: 2 })
    await talk?.[Symbol.asyncDispose]()
    expect(given.log).toContainEqual(
      expect.objectContaining({ method: 'DELETE', route: '/web/session', status: 204 }),
    )
    await using other = await talkToServer(given.home, 'fake:2b')
    expect(other?.model).toBe('fake:2b')
  })

  test('knows whether somebody read what was said before', async () => {
    await using given = await serving(fakeEngine(), { ELPIS_AUDIT_CONTENT: 'all' })
    const { url } = given.server
    await using talk = await talkToServer(given.home, null)
    expect(talk?.unseen).toBe(0)
    await Array.fromAsync(talk?.answer(hello, {}, new AbortController().signal) ?? [])
    const token = new URL(await given.server.signInLink()).hash.slice(1)
    const entered = await fetch(`${url}/web/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify({ token }),
    })
    const headers = { cookie: entered.headers.get('set-cookie')?.split(';', 1)[0] ?? '' }
    const listed = await fetch(`${url}/v1/admin/log/entries`, { headers })
    const { entries } = (await listed.json()) as { entries: { entry: { id: string; type: string } }[] }
    const asked = entries.find(({ entry }) => entry.type === 'request')?.entry.id ?? ''
    expect((await fetch(`${url}/v1/content/${asked}?reason=case%207`, { headers })).status).toBe(200)
    await using later = await talkToServer(given.home, null)
    expect(later?.unseen).toBe(1)
  })

  test('is not possible without a server, or without the model', async () => {
    expect(await talkToServer(join(tmpdir(), 'no-such-elpis-home'), null)).toBeNull()
    await using given = await serving(fakeEngine())
    expect(await talkToServer(given.home, 'other:1b')).toBeNull()
  })

  test('passes failures on, early and late, as what they are', async () => {
    let early = true
    await using given = await serving(
      fakeEngine({
        answer: function* () {
          if (!early) {
            yield start(1)
            yield text('half ')
          }
          yield error(elpisError('context_exceeded', { prompt: 9000, context: 100 }))
        },
      }),
    )
    await using talk = await talkToServer(given.home, null)
    for (early of [true, false]) {
      const parts = await Array.fromAsync(talk?.answer(hello, {}, new AbortController().signal) ?? [])
      const last = parts.at(-1)
      expect(last?.type === 'error' && last.error).toMatchObject({
        code: 'context_exceeded',
        status: 400,
        message: expect.stringContaining('9000'),
      })
      expect(parts).toHaveLength(early ? 1 : 2)
    }
  })

  test('stops the answer at the server when it is stopped here', async () => {
    const engine = fakeEngine({ answer: hanging('one ') })
    await using given = await serving(engine)
    await using talk = await talkToServer(given.home, null)
    const stop = new AbortController()
    const reading = Array.fromAsync(talk?.answer(hello, {}, stop.signal) ?? [])
    const call = await engine.called(1)
    stop.abort()
    await call.ended
    expect(call.aborted).toBe(true)
    const last = (await reading).at(-1)
    expect(last?.type === 'error' && last.error.code).toBe('client_left')
  })
})
