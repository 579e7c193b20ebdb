import type { Config } from '../config.ts'
import type { Engine } from '../core/engine.ts'
import { embeddedEngine } from '../engine/embedded-engine.ts'
import type { Log } from '../log.ts'
import { abilitiesOf } from '../weights/gguf/abilities.ts'
import type { PreparedModel } from './prepare-model.ts'

const levels = {
  'model-loading': 'debug',
  'model-ready': 'info',
  'model-lost': 'warn',
  'model-failed': 'error',
} as const

/** The embedded engine, one process a model, as the settings want it. It begins to load at once. */
export function openEngine(models: readonly PreparedModel[], config: Config, log: Log): Engine {
  return embeddedEngine({
    models: models.map(({ manifest, paths, header }) => ({
      id: manifest.name,
      digest: manifest.digest,
      licence: manifest.licence.id === 'not-stated' ? null : manifest.licence.id,
      createdAt: Date.parse(manifest.pulledAt),
      path: paths[0] ?? '',
      files: paths,
      abilities: abilitiesOf(header),
    })),
    settings: config.engine,
    queue: config.limits.queue,
    queuePerKey: config.limits.queue_per_key,
    log: ({ type, ...facts }) => log(levels[type], type, facts),
  })
}
