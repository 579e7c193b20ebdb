import type { ElpisError } from '../errors.ts'
import { asElpisError } from '../errors.ts'
import type { Exchange } from './exchange.ts'

interface BriefCall {
  readonly exchange: Exchange
  readonly model: string
  /** The field of this protocol that holds what the model reads, for errors about it. */
  readonly field: string
}

/** Has the pipeline do work that is no answer: notes for the log what it took, names the field that an error is about. */
export async function briefly<Result>(
  { exchange, model, field }: BriefCall,
  work: () => Promise<Result>,
  promptTokensOf: (result: Result) => number,
): Promise<Result> {
  exchange.outcome.model = model
  try {
    const result = await work()
    exchange.outcome.promptTokens = promptTokensOf(result)
    return result
  } catch (thrown) {
    const error = asElpisError(thrown)
    error.param ??= fieldOf(error, field)
    throw error
  }
}

/** Stages behind the edge know nothing of a protocol's fields. */
function fieldOf({ code }: ElpisError, field: string): string | null {
  switch (code) {
    case 'model_not_served':
    case 'model_lacks_ability':
      return 'model'
    case 'input_too_long':
    case 'template_failed':
      return field
    default:
      return null
  }
}
