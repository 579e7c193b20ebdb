import type { JsonObject, OutputFormat } from '../../../core/request.ts'
import type { ResponseObject } from './answer-schema.ts'
import type { ResponseRequest } from './schema.ts'

/** All of an answer that is known before the model says anything. */
export function responseHead(
  body: ResponseRequest,
  { id, createdAt, store }: { readonly id: string; readonly createdAt: number; readonly store: boolean },
): ResponseObject {
  return {
    id,
    object: 'response',
    created_at: createdAt,
    completed_at: null,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    model: body.model,
    output: [],
    usage: null,
    previous_response_id: body.previous_response_id ?? null,
    store,
    background: false,
    service_tier: 'default',
    truncation: 'disabled',
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: null },
    temperature: body.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' }, verbosity: 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    tools: (body.tools ?? []).map((tool) => ({
      type: tool.type,
      name: tool.name,
      description: tool.description ?? null,
      parameters: tool.parameters ?? null,
      strict: tool.strict ?? false,
    })),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
  }
}

/** What the answer must be, for the engine; text when nothing is said. */
export function formatOf(format: NonNullable<ResponseRequest['text']>['format']): OutputFormat {
  switch (format?.type) {
    case undefined:
    case 'text':
      return { kind: 'text' }
    case 'json_object':
      return { kind: 'json-object' }
    case 'json_schema':
      return { kind: 'json-schema', schema: format.schema as JsonObject }
    default:
      return format satisfies never
  }
}

/** Null when nobody asked what else could have been said. */
export function topLogprobsOf(body: ResponseRequest): number | null {
  const included = body.include?.includes('message.output_text.logprobs') === true
  return included || (body.top_logprobs ?? 0) > 0 ? (body.top_logprobs ?? 0) : null
}
