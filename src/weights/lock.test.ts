import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acquireLock, tryLock } from './lock.ts'

test('one holds it, the next waits and is told for whom', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'elpis-lock-'))
  const path = join(folder, 'a.lock')
  const first = await acquireLock(path)
  expect(first.waited).toBe(false)
  expect(tryLock(path)).toBeNull()
  const asked = Promise.withResolvers<number | null>()
  const second = acquireLock(path, { onWait: asked.resolve })
  expect(await asked.promise).toBe(process.pid)
  await first[Symbol.asyncDispose]()
  expect((await second).waited).toBe(true)
  await (await second)[Symbol.asyncDispose]()
  tryLock(path)!.close()
  await rm(folder, { recursive: true })
})

test('waiting ends with the signal', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'elpis-lock-'))
  const path = join(folder, 'a.lock')
  await using _ = await acquireLock(path)
  const stop = new AbortController()
  const waiting = acquireLock(path, { signal: stop.signal, onWait: () => stop.abort() })
  await expect(waiting).rejects.toThrow('aborted')
  await rm(folder, { recursive: true })
})
