import type { EngineRequest } from '../core/request.ts'
import type { AnswerPlan } from './answer-plan.ts'
import type { Prompt } from './chat-prompt.ts'
import type { Job, OpenBeginning } from './protocol.ts'

/** A request that is ready for the process. */
export interface Prepared {
  readonly prompt: Prompt
  /** What of the prompt is no secret; null when all may be. */
  readonly open: OpenBeginning | null
  readonly plan: AnswerPlan
  /** Index of a loaded adapter. */
  readonly adapter: number | null
}

/** What the process is told of a request. */
export function jobOf(id: number, request: EngineRequest, { prompt, open, plan, adapter }: Prepared): Job {
  const { sampling, choices, maxTokens, stop, ignoreEos, topLogprobs } = request
  return {
    id,
    prompt: prompt.segments,
    addBos: prompt.addBos,
    sampling,
    choices,
    maxTokens,
    stop,
    ignoreEos,
    topLogprobs,
    adapter,
    cacheScope: request.share.cacheScope,
    marks: plan.marks,
    grammar: plan.grammar,
    ...(request.recorded === undefined ? {} : { recorded: request.recorded }),
    open,
  }
}

/** The longest declared text that the conversation begins with, as its system prompt or at the start of that. */
export function openTextOf(
  { input, toolUse }: Pick<EngineRequest, 'input' | 'toolUse'>,
  sharedPrompts: readonly string[],
): string | null {
  // Tools are written before the text, or between its lines.
  if (toolUse !== null) return null
  const first = input.kind === 'chat' ? input.messages[0] : undefined
  if (first?.role !== 'system') return null
  const fitting = sharedPrompts.filter((text) => first.content.startsWith(text))
  return fitting.reduce<string | null>(
    (best, text) => (text.length > (best?.length ?? 0) ? text : best),
    null,
  )
}
