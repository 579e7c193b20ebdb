/** Models that cannot be loaded: whoever waits is told why and what to do, and the server lives. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { embeddedEngine, type EmbeddedEngineOptions } from '../src/engine/embedded-engine.ts'
import { apiServer } from './support/api-server.ts'
import { realModelPath } from './support/real-model.ts'

/** The edge before a real engine of this process, whose model is at `path`; all of `requests` are answered. */
async function ends(path: string, changes: Partial<EmbeddedEngineOptions>, requests: number) {
  const engine = embeddedEngine({
    models: [{ id: 'm', path, digest: 'd'.repeat(64), licence: null, createdAt: 1 }],
    settings: settings.parse({}).engine,
    queue: 100,
    ...changes,
  })
  // Little for so large a cache as one test has; bytes of addresses, see setrlimit(2).
  if (process.platform === 'linux')
    spawnSync('prlimit', ['--pid', String(engine.processId('m')), '--as=20000000000'])
  try {
    await using api = await apiServer(engine)
    const answers = await Promise.all(
      Array.from({ length: requests }, async () => {
        const answer = await api.post('/v1/completions', { model: 'm', prompt: 'a', max_tokens: 1 })
        return { status: answer.status, ...((await answer.json()) as { error: Told }).error }
      }),
    )
    expect((await api.fetch('/health')).status).toBe(200)
    return answers
  } finally {
    await engine.close()
  }
}

interface Told {
  readonly code: string
  readonly message: string
  readonly hint: string
}

test.runIf(process.platform === 'linux')('out of memory', { timeout: 60_000 }, async () => {
  const large = { settings: { ...settings.parse({}).engine, cache: 2_000_000 } }
  for (const answer of await ends(await realModelPath(), large, 10)) {
    expect(answer).toMatchObject({ status: 503, code: 'model_unusable' })
    expect(answer.message).toContain('alloc')
    expect(answer.hint).toContain('engine.cache')
  }
})

test('a file that was cut short on the disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'elpis-cut-'))
  try {
    const path = join(folder, 'cut.gguf')
    await writeFile(path, (await readFile(await realModelPath())).subarray(0, 60_000_000))
    for (const answer of await ends(path, {}, 10)) {
      expect(answer).toMatchObject({ status: 503, code: 'model_unusable' })
      expect(answer.hint).toContain('elpis verify')
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
