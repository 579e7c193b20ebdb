import type { Engine } from '../core/engine.ts'

/** The model and the adapter that a name stands for; null when nothing of that name is served. */
export function servedNames(engine: Pick<Engine, 'models'>) {
  return (name: string): { readonly model: string; readonly adapter: string | null } | null => {
    const served = engine.models().find(({ id }) => id === name)
    if (served === undefined) return null
    const { parent } = served
    return parent === undefined
      ? { model: name, adapter: null }
      : { model: parent, adapter: name.slice(parent.length + 1) }
  }
}
