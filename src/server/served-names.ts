import type { Engine } from '../core/engine.ts'
import { moderator } from '../core/moderation.ts'

/** The model and the adapter that a name stands for, the guard among them; null when nothing of that name is served. */
export function servedNames(engine: Pick<Engine, 'models'>) {
  return (name: string): { readonly model: string; readonly adapter: string | null } | null => {
    const served = engine.models().find(({ id }) => id === name)
    if (served === undefined) return name === moderator ? { model: name, adapter: null } : null
    const { parent } = served
    return parent === undefined
      ? { model: name, adapter: null }
      : { model: parent, adapter: name.slice(parent.length + 1) }
  }
}
