import { z } from 'zod'
import type { RequestId } from '../../core/ids.ts'
import type { ElpisError } from '../../errors.ts'
import { modelRefusals, type ErrorWriter } from '../error-body.ts'
import type { Framing } from '../framing.ts'

/** The body of every answer that is not a success, as Ollama has it, with what to do about it. */
export const ollamaError = z.object({
  error: z.string().describe('What went wrong, and what to do about it.'),
  code: z.string().describe('Extension. Stable; see docs/reference/errors.md.'),
  param: z.string().nullable().describe('Extension. The field of the request that is wrong.'),
  request_id: z.string().describe('Extension.'),
})

export const ollamaErrors: ErrorWriter = { body: bodyOf }

/** One JSON object a line. The last one says `done`, or has an `error`. */
export const ollamaFraming: Framing = {
  contentType: 'application/x-ndjson',
  frame: (event) => `${JSON.stringify(event)}\n`,
  failure: (error, id) => `${JSON.stringify(bodyOf(error, id))}\n`,
  end: '',
}

/** Clients show `error` and nothing else, so that the hint stands in it. */
function bodyOf({ message, hint, code, param }: ElpisError, id: RequestId): z.infer<typeof ollamaError> {
  return { error: `${message} ${hint}`, code, param, request_id: id }
}

/** What every path that needs a model may say no with. */
export const errorAnswers = modelRefusals(ollamaError)
