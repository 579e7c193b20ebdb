import type { Log } from '../log.ts'
import type { Registry } from '../monitoring/registry.ts'
import type { Storage } from '../storage/storage.ts'

/** Says when the database is gone, why, and when it is back. @returns a function that stops it */
export function watchStorage(
  storage: Pick<Storage, 'watch'>,
  registry: Pick<Registry, 'set'>,
  log: Log,
): () => void {
  let lost = false
  registry.set('elpis_storage_reachable', {}, 1)
  return storage.watch({
    changed() {
      if (!lost) return
      lost = false
      registry.set('elpis_storage_reachable', {}, 1)
      log('info', 'storage-back')
    },
    lost({ code, message }) {
      lost = true
      registry.set('elpis_storage_reachable', {}, 0)
      log('error', 'storage-lost', { code, reason: message })
    },
  })
}
