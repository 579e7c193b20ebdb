import type { ServedModel } from '../../core/engine.ts'
import { modelNotServed } from '../../core/not-served.ts'
import type { Generating } from '../openai/generating.ts'
import type { AnswerSpec } from '../route.ts'
import { ollamaError } from './errors.ts'

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

/** What every path that needs a model may say no with. */
export const errorAnswers: Readonly<Record<number, AnswerSpec>> = {
  400: { description: 'The request is wrong; `param` names the field.', schema: ollamaError },
  401: { description: 'No valid key.', schema: ollamaError },
  404: { description: 'The model is not served here.', schema: ollamaError },
  503: { description: 'Too busy, or not ready yet; see Retry-After.', schema: ollamaError },
}
