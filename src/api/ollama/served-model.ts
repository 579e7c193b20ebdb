import type { ServedModel } from '../../core/engine.ts'
import { modelNotServed } from '../../core/not-served.ts'
import type { Generating } from '../openai/generating.ts'

/** @throws `model_not_served` */
export function servedModel(name: string, { models }: Pick<Generating, 'models'>): ServedModel {
  const served = models()
  const found = served.find(({ id }) => id === name)
  if (found === undefined)
    throw modelNotServed(
      name,
      served.map(({ id }) => id),
    )
  return found
}
