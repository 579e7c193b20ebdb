/** What the tests of pulling share: a store of its own for each, short bounds, and a look at what lies in the store. */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pull, type PullOptions, type PullResult } from '../../src/weights/pull/pull.ts'
import type { PullEvent } from '../../src/weights/pull/progress.ts'
import type { PullLimits } from '../../src/weights/pull/settings.ts'
import { openStore, type WeightsStore } from '../../src/weights/store.ts'

export const shortLimits: PullLimits = {
  connect: 1_000,
  answer: 400,
  stall: 400,
  attempts: 3,
  progress: 1_000,
  pause: 2,
  parts: 4,
  partsFrom: 500_000,
  spare: 0,
  checkRoomEvery: 1_000_000,
}

export interface Bench extends AsyncDisposable {
  readonly store: WeightsStore
  readonly events: PullEvent[]
  /** Pulls with short bounds, no proxy, and every licence accepted. */
  pull(reference: string, options?: Partial<PullOptions>): Promise<PullResult>
  /** Names and true digests of all blobs. */
  blobs(): Promise<{ readonly name: string; readonly sha256: string }[]>
  manifests(): Promise<string[]>
  partials(): Promise<string[]>
}

export async function openBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'elpis-store-'))
  const store = openStore(folder)
  const events: PullEvent[] = []
  const listed = (name: string) => readdir(join(folder, name)).catch(() => [])
  return {
    store,
    events,
    pull: (reference, options = {}) =>
      pull(reference, {
        store,
        acceptLicence: async () => true,
        onProgress: (event) => void events.push(event),
        environment: {},
        limits: shortLimits,
        ...options,
      }),
    async blobs() {
      const names = await listed('blobs')
      return await Promise.all(
        names.map(async (name) => ({ name, sha256: digest(await readFile(join(folder, 'blobs', name))) })),
      )
    },
    manifests: () => listed('manifests'),
    partials: () => listed('partial'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

export function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The error that a promise ends in; fails when it does not. */
export async function errorOf(
  promise: Promise<unknown>,
): Promise<{ code?: string; message: string; exit?: number; hint?: string }> {
  try {
    await promise
  } catch (error) {
    return error as { code?: string; message: string }
  }
  throw new Error('It was expected to fail, and did not.')
}
