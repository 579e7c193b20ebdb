import { stat } from 'node:fs/promises'
import type { Sha256 } from '../../core/ids.ts'
import { sha256OfFile } from '../digest.ts'
import type { ManifestFile } from '../manifest.ts'
import { formatReference, type SourceReference } from '../reference.ts'
import type { WeightsStore } from '../store.ts'
import { diskFull, type FreeBytes } from './disk.ts'
import { SourceFailure } from './failure.ts'
import { fileSource } from './file-source.ts'
import type { HttpClient } from './http-client.ts'
import { httpSource } from './http-source.ts'
import { PartialFile } from './partial-file.ts'
import type { PlannedFile } from './plan.ts'
import type { Report } from './progress.ts'
import { pypiSource } from './pypi-source.ts'
import type { PullLimits } from './settings.ts'
import type { FetchFile, Wanted } from './source.ts'

/** A file whose digest is what it must be, and where it lies. */
export interface VerifiedFile {
  readonly entry: ManifestFile
  readonly path: string
  /** It was in the store before. */
  readonly present: boolean
  /** The source that had it, as a reference. */
  readonly source: string
}

export interface Workshop {
  readonly store: WeightsStore
  readonly client: HttpClient
  readonly report: Report
  readonly limits: PullLimits
  readonly free: FreeBytes
  readonly environment: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** Locks taken on the way; they are kept until the files have their place. */
  readonly locks: AsyncDisposableStack
}

/** One source that could not be used, for the message when none is left. */
export interface FailedSource {
  readonly source: string
  readonly failure: SourceFailure
}

/**
 * Brings one file into reach, verified: from the store when it has it, else from the first source that sends what was
 * promised.
 *
 * @throws `NoSourceLeft` when no source is left; `disk_full`; the signal's reason
 */
export async function obtain(file: PlannedFile, workshop: Workshop): Promise<VerifiedFile> {
  const here = await fromStore(file, workshop.store)
  if (here !== null) return here
  const { store, signal, report } = workshop
  const lock = workshop.locks.use(
    await store.lock(file.key, {
      signal,
      onWait: (owner) => report({ type: 'wait-start', file: file.name, owner }),
    }),
  )
  // While we waited, somebody else may have brought it.
  const brought = lock.waited ? await fromStore(file, store) : null
  if (brought !== null) return brought
  const partial = await PartialFile.open(await store.partialFolder(file.key), file.name)
  const failed: FailedSource[] = []
  const silent = new Set<string>()
  for (const reference of file.sources) {
    // Where nobody answers, nobody is asked twice: each time costs seconds.
    if (silent.has(hostOf(reference))) continue
    const source = formatReference(reference)
    try {
      return await fromSource(reference, { file, partial, workshop })
    } catch (error) {
      signal.throwIfAborted()
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw await outOfRoom(file, workshop)
      if (!(error instanceof SourceFailure)) throw error
      if (error.kind === 'unreachable') silent.add(hostOf(reference))
      failed.push({ source, failure: error })
      report({ type: 'source-failed', source, reason: error.message })
    } finally {
      // A full disk says so again here; the first time counts.
      await partial.close().catch(() => undefined)
    }
  }
  throw new NoSourceLeft(failed)
}

/** Carries what each source said to where the message is made. */
export class NoSourceLeft extends Error {
  readonly failed: readonly FailedSource[]
  constructor(failed: readonly FailedSource[]) {
    super('no source left')
    this.failed = failed
  }
}

async function fromStore(file: PlannedFile, store: WeightsStore): Promise<VerifiedFile | null> {
  const path = file.expected === null ? null : await store.blob(file.expected)
  if (path === null || file.expected === null) return null
  const { bytes } = await sizeOf(path)
  const entry: ManifestFile = { name: file.name, bytes, sha256: file.expected, verified: 'pinned' }
  return { entry, path, present: true, source: 'store' }
}

async function fromSource(
  reference: SourceReference,
  { file, partial, workshop }: { file: PlannedFile; partial: PartialFile; workshop: Workshop },
): Promise<VerifiedFile> {
  const source = formatReference(reference)
  const wanted: Wanted = {
    ...workshop,
    file: file.name,
    source,
    expected: file.expected,
    bytes: file.bytes,
  }
  const fetchFile = sourceOf(reference, workshop.client)
  for (;;) {
    // Everything may be here already, from a process that ended just before the check.
    const skip = file.expected !== null && partial.complete
    const promised = skip ? null : await fetchFile(partial, wanted)
    const mixed = (partial.state?.contributors.length ?? 0) > 1 || (skip && partial.state !== null)
    await partial.close()
    try {
      const entry = await verified(partial.path, file, promised, workshop)
      return { entry, path: partial.path, present: false, source }
    } catch (error) {
      if (!(error instanceof SourceFailure)) throw error
      await partial.clear()
      // The fault may be in bytes of an earlier source: this one gets a chance of its own.
      if (!mixed) throw error
      workshop.report({ type: 'source-retry', source, reason: `${error.message}; starting over` })
    }
  }
}

/** The file's entry, if it hashes to what was promised. */
async function verified(
  path: string,
  file: PlannedFile,
  promised: Sha256 | null,
  { signal, report }: Workshop,
): Promise<ManifestFile> {
  const { bytes } = await sizeOf(path)
  let hashed = 0
  const sha256 = await sha256OfFile(path, {
    signal,
    onBytes: (count) => {
      hashed += count
      report({ type: 'verify-progress', file: file.name, hashed, total: bytes })
    },
  })
  const must = file.expected ?? promised
  if (must !== null && sha256 !== must) {
    throw new SourceFailure('digest', `it sent sha256 ${sha256} instead of ${must}`)
  }
  const by = file.expected !== null ? 'pinned' : promised !== null ? 'hub' : 'first-seen'
  report({ type: 'file-verified', file: file.name, sha256, by })
  return { name: file.name, bytes, sha256, verified: by }
}

function sourceOf(reference: SourceReference, client: HttpClient): FetchFile {
  switch (reference.kind) {
    case 'hub': {
      const path = reference.path.split('/').map(encodeURIComponent).join('/')
      const revision = encodeURIComponent(reference.revision ?? 'main')
      return httpSource(client, new URL(`${client.hub}/${reference.repository}/resolve/${revision}/${path}`))
    }
    case 'url':
      return httpSource(client, new URL(reference.url))
    case 'file':
      return fileSource(reference.path)
    case 'pypi':
      return pypiSource(reference)
    default:
      return reference satisfies never
  }
}

/** Sources with the same host stand and fall together. */
function hostOf(reference: SourceReference): string {
  return reference.kind === 'url' ? new URL(reference.url).origin : reference.kind
}

async function outOfRoom(file: PlannedFile, { store, free }: Workshop) {
  return diskFull(store.folder, file.bytes ?? 1, await free(store.folder))
}

async function sizeOf(path: string): Promise<{ bytes: number }> {
  return { bytes: (await stat(path)).size }
}
