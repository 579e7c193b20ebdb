import { elpisError, ElpisError } from '../errors.ts'
import { checkWeights } from '../weights/gguf/check.ts'
import type { Gguf } from '../weights/gguf/read.ts'
import type { Licence } from '../weights/licence.ts'
import type { Manifest } from '../weights/manifest.ts'
import { isModelName } from '../weights/names.ts'
import type { Report } from '../weights/pull/progress.ts'
import type { WeightsStore } from '../weights/store.ts'

export interface Preparing {
  readonly store: WeightsStore
  readonly signal: AbortSignal
  /** Told of every step of a pull, when one is needed. */
  readonly onPull: Report
  readonly acceptLicence: (licence: Licence) => Promise<boolean>
  /** Told of what was fetched, before it is used. */
  readonly onFetched?: (manifest: Manifest) => Promise<void>
}

/** A model whose files are here and were found fit for native code. */
export interface PreparedModel {
  readonly manifest: Manifest
  /** The first is what llama.cpp is given. */
  readonly paths: readonly string[]
  readonly header: Gguf
  /** The model that drafts for it; left out when none does. */
  readonly draft?: PreparedModel
}

/**
 * Finds a model in the store, or pulls it, and checks its files.
 *
 * @param reference a name of the store or of the catalogue, or where a file lies
 * @throws what `pull` and `checkWeights` throw; the signal's reason
 */
export async function prepareModel(reference: string, preparing: Preparing): Promise<PreparedModel> {
  const { store } = preparing
  const here = isModelName(reference) ? await hereInFull(reference, store) : null
  const { manifest, paths } = here ?? (await pulled(reference, preparing))
  return { manifest, paths, header: await checkWeights(paths) }
}

async function hereInFull(name: string, store: WeightsStore) {
  try {
    const manifest = await store.lookup(name)
    return manifest === null ? null : { manifest, paths: await store.paths(name) }
  } catch (error) {
    // What is damaged is fetched again, if it can be.
    if (error instanceof ElpisError && error.code === 'store_damaged') return null
    throw error
  }
}

async function pulled(reference: string, preparing: Preparing) {
  const { store, signal, onPull, acceptLicence, onFetched } = preparing
  // Loaded only when something has to come over the network: most starts need none of it.
  const { pull } = await import('../weights/pull/pull.ts')
  const { manifest } = await pull(reference, { store, signal, onProgress: onPull, acceptLicence })
  if (signal.aborted) throw elpisError('shutting_down')
  await onFetched?.(manifest)
  return { manifest, paths: await store.paths(manifest.name) }
}

/** What of `models.draft` is for this model: the reference of its draft, or null. */
export function draftOf(model: string, pairs: readonly string[]): string | null {
  const pair = pairs.find((text) => text.slice(0, text.indexOf('=')) === model)
  return pair === undefined ? null : pair.slice(pair.indexOf('=') + 1)
}
