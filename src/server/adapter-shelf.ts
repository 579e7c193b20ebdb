import type { AdapterShelf } from '../engine/embedded-engine.ts'
import type { AdapterFile } from '../engine/model-adapters.ts'
import { asElpisError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { AdapterStore } from '../weights/adapter-store.ts'
import { checkAdapter } from '../weights/gguf/check-adapter.ts'
import type { PreparedModel } from './prepare-model.ts'

/** The adapters of the models that are served, as the store has them. */
export interface StoredAdapters extends AdapterShelf {
  /** Folder of a model's adapters; undefined where none can be made. */
  folderOf(model: string): string | undefined
  /**
   * Looks into the store again.
   *
   * @param before is told what was found, by model, before it is served; when it throws, all stays as it was
   * @returns the names of all, as `model+adapter`
   */
  reload(before?: (found: Found) => Promise<void>): Promise<readonly string[]>
}

/** Sound adapters by model. */
export type Found = ReadonlyMap<string, readonly AdapterFile[]>

/** Finds the adapters of these models and checks them. One that is not sound is left out, and the log says why. */
export async function openAdapterShelf(
  models: readonly PreparedModel[],
  store: AdapterStore,
  log: Log,
): Promise<StoredAdapters> {
  const folders = new Map<string, string>()
  for (const { manifest } of models) {
    const folder = await store.folderOf(manifest.digest).catch((error: Error) => {
      log('warn', 'no folder for adapters', { model: manifest.name, reason: error.message })
      return null
    })
    if (folder !== null) folders.set(manifest.name, folder)
  }
  let found: Found = new Map()
  const listeners: (() => void)[] = []
  let reloading: Promise<unknown> = Promise.resolve()

  async function look(before?: (found: Found) => Promise<void>): Promise<readonly string[]> {
    const all = new Map<string, readonly AdapterFile[]>()
    for (const model of models) all.set(model.manifest.name, await soundOnes(model))
    await before?.(all)
    found = all
    for (const listener of listeners) listener()
    return [...found].flatMap(([model, adapters]) => adapters.map(({ name }) => `${model}+${name}`))
  }

  async function soundOnes({ manifest, header }: PreparedModel): Promise<AdapterFile[]> {
    const sound: AdapterFile[] = []
    for (const adapter of await store.list(manifest.digest)) {
      const { name, sha256: digest, bytes, addedAt } = adapter
      const path = store.path(adapter)
      try {
        await checkAdapter(path, header)
        sound.push({ name, path, digest, bytes, createdAt: Date.parse(addedAt) })
      } catch (error) {
        log('error', 'adapter left out', {
          model: manifest.name,
          adapter: name,
          reason: asElpisError(error).message,
        })
      }
    }
    return sound
  }

  const shelf: StoredAdapters = {
    of: (model) => found.get(model) ?? [],
    onChange: (listener) => void listeners.push(listener),
    folderOf: (model) => folders.get(model),
    reload: (before) => {
      // One after the other: the last one sees the newest.
      const next = reloading.then(() => look(before))
      reloading = next.catch(() => undefined)
      return next
    },
  }
  await shelf.reload()
  return shelf
}
