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
}

/** All that is kept for clients beyond one answer. */
export interface Kept {
  readonly responses: KeptResponses
  readonly files: KeptFiles
  /** Begin when they are told how to reach a model. */
  readonly batches: KeptBatches
  close(): Promise<void>
}

/** @throws `files_unwritable`, an error of storage */
export async function openKept(parts: KeptParts): Promise<Kept> {
  const { stores, clock, home, files: limits } = parts
  const shelf = new FileShelf(join(home, 'files'), limits.allBytes)
  const open = await stores.batches.open()
  const known = (await stores.files.all()).map(({ blob }) => blob)
  await shelf.open(
    new Set([...known, ...open.flatMap(({ outputBlob, errorBlob }) => [outputBlob, errorBlob])]),
  )
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
  return {
    responses: new KeptResponses(stores.responses, clock, parts.responses),
    files,
    batches,
    close: () => batches.close(),
  }
}
