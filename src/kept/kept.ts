import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { KeptBatches, type BatchesParts } from './batches.ts'
import { FileShelf } from './file-shelf.ts'
import { KeptFiles } from './files.ts'
import { KeptResponses, type ResponseLimits } from './responses.ts'
import type { KeptStores } from './store.ts'

export interface KeptParts {
  readonly home: string
  readonly stores: KeptStores
  readonly clock: Clock
  readonly responses: ResponseLimits
  readonly files: {
    /** Of one file. */
    readonly mostBytes: number
    /** Of all files together. */
    readonly allBytes: number
  }
  readonly batches: Pick<BatchesParts, 'parallel' | 'mostLineBytes' | 'onOver' | 'onTrouble'>
  /** Told when a sweep failed; the next one does what it left. */
  readonly onTrouble: (error: unknown) => void
}

/** All that is kept for clients beyond one answer. */
export interface Kept {
  readonly responses: KeptResponses
  readonly files: KeptFiles
  /** Begin when they are told how to reach a model. */
  readonly batches: KeptBatches
  /** Deletes what has expired, and what is left of those who were erased or removed; by itself every hour. */
  sweep(): Promise<void>
  close(): Promise<void>
}

const sweepMilliseconds = 3_600_000

/** @throws `files_unwritable`, an error of storage */
export async function openKept(parts: KeptParts): Promise<Kept> {
  const { stores, clock, files: limits } = parts
  const shelf = shelfOf(parts.home, limits.allBytes)
  await shelf.open()
  const responses = new KeptResponses(stores.responses, clock, parts.responses)
  const files = new KeptFiles({
    store: stores.files,
    batches: stores.batches,
    shelf,
    clock,
    mostBytes: limits.mostBytes,
  })
  const batches = new KeptBatches({
    store: stores.batches,
    fileStore: stores.files,
    files,
    shelf,
    clock,
    ...parts.batches,
  })
  const sweep = async () => {
    await responses.prune()
    await batches.prune()
    await files.prune()
    await shelf.sweep(() => knownBlobs(stores))
  }
  await sweep()
  const timer = setInterval(() => void sweep().catch(parts.onTrouble), sweepMilliseconds)
  timer.unref()
  return {
    responses,
    files,
    batches,
    sweep,
    async close() {
      clearInterval(timer)
      await batches.close()
    },
  }
}

/** Deletes contents of files that nothing refers to any more, while no server does. @throws `files_unwritable` */
export async function sweepFiles(home: string, stores: Pick<KeptStores, 'files' | 'batches'>): Promise<void> {
  const shelf = shelfOf(home, 0)
  await shelf.open()
  await shelf.sweep(() => knownBlobs(stores))
}

function shelfOf(home: string, mostBytes: number): FileShelf {
  return new FileShelf(join(home, 'files'), mostBytes)
}

/** Of batches first: one that ends meanwhile has its results among the files. */
async function knownBlobs({ batches, files }: Pick<KeptStores, 'files' | 'batches'>): Promise<Set<string>> {
  const open = await batches.open()
  const stored = await files.all()
  return new Set([
    ...open.flatMap(({ outputBlob, errorBlob }) => [outputBlob, errorBlob]),
    ...stored.map(({ blob }) => blob),
  ])
}
