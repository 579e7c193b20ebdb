import { describe, expect, test } from 'vitest'
import type { Engine } from '../core/engine.ts'
import type { Part } from '../core/part.ts'
import type { EngineRequest } from '../core/request.ts'
import { engineToCome } from './engine-to-come.ts'

const request = { model: 'small:1b' } as EngineRequest

const arrived: Engine = {
  models: () => [
    { id: 'small:1b', digest: 'd', contextTokens: 10, licence: null, createdAt: 0, abilities: ['generate'] },
  ],
  status: () => [{ model: 'small:1b', state: { state: 'ready' }, active: 0, queued: 0 }],
  async *generate() {
    yield { type: 'finish', choice: 0, reason: 'stop' }
  },
  embed: async () => ({ vectors: [], promptTokens: 0 }),
  rerank: async () => ({ scores: [], method: 'cosine-similarity', promptTokens: 0 }),
  tokenize: async () => ({ tokens: [], contextTokens: 10 }),
  close: async () => {},
}

async function errorOf(parts: AsyncIterable<Part>) {
  const [part] = await Array.fromAsync(parts)
  return part?.type === 'error' ? part.error : null
}

describe('an engine to come', () => {
  test('says how far its weights are, and to come back', async () => {
    const engine = engineToCome(['small:1b'])
    engine.progress('small:1b', 0.347)
    expect(engine.status()).toEqual([
      { model: 'small:1b', state: { state: 'loading', fraction: 0.347 }, active: 0, queued: 0 },
    ])
    expect(engine.models()).toEqual([])
    const error = await errorOf(engine.generate(request))
    expect(error).toMatchObject({ code: 'model_not_ready', status: 503, retryAfter: 5 })
    expect(error?.message).toContain('34 %')
    for (const model of ['nope', 'small:1bX', 'small:1'])
      expect(await errorOf(engine.generate({ ...request, model }))).toMatchObject({
        code: 'model_not_served',
      })
    expect(await errorOf(engine.generate({ ...request, model: 'small:1b+mine' }))).toMatchObject({
      code: 'model_not_ready',
    })
  })

  test('is the engine once that is there', async () => {
    const engine = engineToCome(['small:1b'])
    engine.arrive(arrived)
    expect(engine.models()).toHaveLength(1)
    expect(engine.status()[0]?.state).toEqual({ state: 'ready' })
    expect(await Array.fromAsync(engine.generate(request))).toEqual([
      { type: 'finish', choice: 0, reason: 'stop' },
    ])
    await engine.close()
  })
})
