import { describe, expect, test } from 'vitest'
import type { Part } from '../src/core/part.ts'
import type { Admission, Credentials } from '../src/core/principal.ts'
import type { Request } from '../src/core/request.ts'
import { elpisError } from '../src/errors.ts'
import { fold } from '../src/pipeline/fold.ts'
import { noRecord, openGuard, openStanding } from '../src/pipeline/open-stages.ts'
import { answer } from '../src/pipeline/pipeline.ts'
import type { Stages } from '../src/pipeline/stages.ts'
import { keyPrincipal } from './support/principals.ts'
import { engineRequest } from './support/engine-request.ts'
import {
  error,
  fakeEngine,
  finish,
  hanging,
  saying,
  start,
  text,
  usage,
  type FakeEngine,
} from './support/fake-engine.ts'

const nobody: Credentials = { bearer: null, cookie: null }

function question(changes: Partial<Request> = {}): Request {
  return engineRequest('fake:1b', '', { input: { kind: 'text', text: 'one two three' }, ...changes })
}

/** Access that lets everybody in, counts, and can revoke them all. */
function countingAccess() {
  const revocation = new AbortController()
  const counts = { admitted: 0, released: 0 }
  const admit = async (): Promise<Admission> => {
    counts.admitted++
    return {
      principal: keyPrincipal('key_test', 'test'),
      revoked: revocation.signal,
      settle: () => {},
      release: () => void counts.released++,
    }
  }
  return { admit, revocation, counts }
}

function stagesWith(engine: Pick<FakeEngine, 'generate'>, changes: Partial<Stages> = {}) {
  const access = countingAccess()
  const shutdown = new AbortController()
  const stages: Stages = {
    access,
    standing: openStanding,
    guard: openGuard,
    record: noRecord,
    engine,
    answerSeconds: 60,
    shutdown: shutdown.signal,
    ...changes,
  }
  return { stages, access, shutdown }
}

async function all(parts: AsyncIterable<Part>): Promise<Part[]> {
  return await Array.fromAsync(parts)
}

function codeOf(part: Part | undefined): string | null {
  return part?.type === 'error' ? part.error.code : null
}

describe('the pipeline', () => {
  test('passes the parts of the engine on in order and releases the admission', async () => {
    const { stages, access } = stagesWith(fakeEngine({ answer: saying('Hel', 'lo') }))
    const parts = await all(answer(question(), nobody, stages))
    expect(parts).toEqual([start(1), text('Hel'), text('lo'), finish('stop'), usage(1, 2)])
    expect(access.counts).toEqual({ admitted: 1, released: 1 })
  })

  test('a refusal of access is an error part, and the engine hears nothing of the request', async () => {
    const engine = fakeEngine()
    const { stages } = stagesWith(engine, {
      access: {
        admit: async () => {
          throw elpisError('key_invalid')
        },
      },
    })
    const parts = await all(answer(question(), nobody, stages))
    expect(parts.map(codeOf)).toEqual(['key_invalid'])
    expect(engine.calls).toHaveLength(0)
  })

  const endings = [
    {
      name: 'a revoked principal',
      code: 'key_revoked',
      end: (all: ReturnType<typeof stagesWith>) => all.access.revocation.abort(elpisError('key_revoked')),
    },
    {
      name: 'a shutdown',
      code: 'shutting_down',
      end: (all: ReturnType<typeof stagesWith>) => all.shutdown.abort(elpisError('shutting_down')),
    },
  ]
  test.each(endings)(
    '$name ends a running stream within 100 ms, and stops the engine',
    async ({ code, end }) => {
      const engine = fakeEngine({ answer: hanging('one ') })
      const given = stagesWith(engine)
      const parts = answer(question(), nobody, given.stages)
      await parts.next()
      await parts.next()
      const waiting = parts.next()
      const before = performance.now()
      end(given)
      const last = await waiting
      expect(performance.now() - before).toBeLessThan(100)
      expect(codeOf(last.value as Part)).toBe(code)
      expect(await parts.next()).toEqual({ done: true, value: undefined })
      await engine.calls[0]?.ended
      expect(engine.calls[0]?.aborted).toBe(true)
      expect(given.access.counts).toEqual({ admitted: 1, released: 1 })
    },
  )

  test('does not wait for an engine that is deaf in a long step', async () => {
    const deaf = { generate: () => neverEnding() }
    const given = stagesWith(deaf)
    const parts = answer(question(), nobody, given.stages)
    await parts.next()
    const waiting = parts.next()
    given.access.revocation.abort(elpisError('key_revoked'))
    expect(codeOf((await waiting).value as Part)).toBe('key_revoked')
    expect((await parts.next()).done).toBe(true)
    expect(given.access.counts.released).toBe(1)
  })

  test('an access that is lost before the first part ends the answer as well', async () => {
    const given = stagesWith(fakeEngine())
    given.access.revocation.abort(elpisError('key_revoked'))
    expect((await all(answer(question(), nobody, given.stages))).map(codeOf)).toEqual(['key_revoked'])
  })

  test('an answer that takes too long ends with answer_timeout', async () => {
    const { stages } = stagesWith(fakeEngine({ answer: hanging('one ') }), { answerSeconds: 0.05 })
    const parts = await all(answer(question(), nobody, stages))
    expect(codeOf(parts.at(-1))).toBe('answer_timeout')
  })

  test('a client that leaves stops the engine', async () => {
    const engine = fakeEngine({ answer: hanging('one ') })
    const { stages, access } = stagesWith(engine)
    const client = new AbortController()
    const parts = answer(question({ signal: client.signal }), nobody, stages)
    await parts.next()
    await parts.next()
    const waiting = parts.next()
    client.abort()
    expect(codeOf((await waiting).value as Part)).toBe('client_left')
    await engine.calls[0]?.ended
    expect(engine.calls[0]?.aborted).toBe(true)
    await parts.return(undefined)
    expect(access.counts.released).toBe(1)
  })

  test('a consumer that stops reading releases the admission and stops the engine', async () => {
    const engine = fakeEngine({ answer: saying('one', 'two', 'three') })
    const { stages, access } = stagesWith(engine)
    for await (const part of answer(question(), nobody, stages)) if (part.type === 'text-delta') break
    await engine.calls[0]?.ended
    expect(engine.calls[0]?.aborted).toBe(true)
    expect(access.counts.released).toBe(1)
  })

  test('a consumer that takes the last part and never comes back holds nothing', async () => {
    const refusing = stagesWith(
      fakeEngine({ answer: () => [error(elpisError('template_missing', { model: 'x' }))] }),
    )
    await answer(question(), nobody, refusing.stages).next()
    expect(refusing.access.counts).toEqual({ admitted: 1, released: 1 })
    const answering = stagesWith(fakeEngine({ answer: saying('a') }))
    const parts = answer(question(), nobody, answering.stages)
    while ((await parts.next()).value?.type !== 'usage');
    expect(answering.access.counts).toEqual({ admitted: 1, released: 1 })
  })

  test('an engine that throws, and one that ends without a word, yield an error part', async () => {
    const throwing = stagesWith({
      generate: async function* () {
        yield start(1)
        throw new Error('out of memory at 0xdeadbeef')
      },
    })
    const silent = stagesWith({
      generate: async function* () {
        yield start(1)
      },
    })
    const thrown = await all(answer(question(), nobody, throwing.stages))
    expect(thrown.map(codeOf)).toEqual([null, 'internal'])
    expect(thrown.at(-1)).not.toHaveProperty('error.message', expect.stringContaining('0xdeadbeef'))
    expect((await all(answer(question(), nobody, silent.stages))).map(codeOf)).toEqual([
      null,
      'engine_failed',
    ])
    expect(throwing.access.counts.released).toBe(1)
    expect(silent.access.counts.released).toBe(1)
  })

  test('nothing follows an error of the engine', async () => {
    const { stages } = stagesWith({
      generate: async function* () {
        yield start(1)
        yield error(elpisError('engine_failed', { reason: 'it was killed' }))
        yield text('ghost')
      },
    })
    expect((await all(answer(question(), nobody, stages))).map((part) => part.type)).toEqual([
      'start',
      'error',
    ])
  })

  test('leaves no listener behind on signals that live as long as the server', async () => {
    const shutdown = new AbortController()
    let listening = 0
    const { signal } = shutdown
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...words: Parameters<typeof add>) => {
      listening++
      add(...words)
    }) as typeof signal.addEventListener
    signal.removeEventListener = ((...words: Parameters<typeof remove>) => {
      listening--
      remove(...words)
    }) as typeof signal.removeEventListener
    const { stages } = stagesWith(fakeEngine(), { shutdown: signal })
    for (let round = 0; round < 5; round++) await all(answer(question(), nobody, stages))
    expect(listening).toBe(0)
  })
})

describe('the fold', () => {
  test('adds interleaved choices up', async () => {
    const parts = [
      start(3),
      text('A', { choice: 0 }),
      text('x', { choice: 1 }),
      text('B', { choice: 0 }),
      finish('length', 1),
      finish('stop', 0),
      usage(3, 3),
    ]
    const folded = await fold(streamOf(parts), 2)
    expect(folded.choices.map(({ text, reason }) => [text, reason])).toEqual([
      ['AB', 'stop'],
      ['x', 'length'],
    ])
    expect(folded.usage).toEqual({ promptTokens: 3, cachedTokens: 0, outputTokens: 3, reasoningTokens: 0 })
  })

  test('throws the error of an error part, and refuses an answer without an end', async () => {
    const failure = elpisError('engine_failed', { reason: 'it was killed' })
    await expect(fold(streamOf([start(1), text('a'), error(failure)]), 1)).rejects.toBe(failure)
    await expect(fold(streamOf([start(1), text('a'), usage(1, 1)]), 1)).rejects.toMatchObject({
      code: 'engine_failed',
    })
    await expect(fold(streamOf([start(1)]), 1)).rejects.toMatchObject({ code: 'engine_failed' })
  })
})

async function* streamOf(parts: readonly Part[]): AsyncGenerator<Part> {
  yield* parts
}

async function* neverEnding(): AsyncGenerator<Part> {
  yield start(1)
  await new Promise(() => {})
}
