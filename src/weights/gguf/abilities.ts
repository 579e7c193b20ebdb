import type { Ability } from '../../core/engine.ts'
import { describeModel } from './describe.ts'
import type { Gguf } from './read.ts'

/** What a model is for, as its metadata tells; one that embeds can also rank, by the angle between vectors. */
export function abilitiesOf(model: Gguf): readonly Ability[] {
  const { pooling } = describeModel(model)
  if (pooling === null) return ['generate']
  return pooling === 'rank' ? ['rerank'] : ['embed', 'rerank']
}
