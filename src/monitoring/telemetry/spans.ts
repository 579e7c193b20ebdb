/** One request as spans: itself, and one for each stage, by the semantic conventions for generative AI (1.37). No content. */
import type { RequestFacts } from '../request-facts.ts'
import { attributes, nanoseconds, newSpanId, traceIdOf, type Attribute } from './otlp.ts'

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1 internal, 2 server. */
  readonly kind: 1 | 2
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  /** 1 ok, 2 error. */
  readonly status: { readonly code: 1 | 2 }
}

const operations = {
  answer: 'chat',
  embed: 'embeddings',
  rerank: 'rerank',
  tokenize: 'tokenize',
  moderate: 'moderate',
} as const

/** The spans of one request that is over. The trace id is derived from the id of the request. */
export function spansOf(facts: RequestFacts): Span[] {
  const { id, entryId, kind, model, openedAt, took, judgedAt, outputJudgedAt } = facts
  const { waitedMs, firstTokenAt, usage, outcome, sealedMs } = facts
  const endedAt = facts.endedAt ?? openedAt
  // The request begins before it is accepted.
  const begunAt = openedAt - (took === null ? 0 : took.access + took.standing + took.record)
  const traceId = traceIdOf(id)
  const spanId = newSpanId()
  const ok = outcome === 'finished'
  const operation = operations[kind]
  const span = (name: string, from: number, to: number, given: Span['attributes']): Span => ({
    traceId,
    spanId: newSpanId(),
    parentSpanId: spanId,
    name,
    kind: 1,
    startTimeUnixNano: nanoseconds(from),
    endTimeUnixNano: nanoseconds(Math.max(from, to)),
    attributes: given,
    status: { code: 1 },
  })
  const root: Span = {
    traceId,
    spanId,
    name: `${operation} ${model}`,
    kind: 2,
    startTimeUnixNano: nanoseconds(begunAt),
    endTimeUnixNano: nanoseconds(endedAt + (sealedMs ?? 0)),
    attributes: attributes({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': 'elpis',
      'gen_ai.request.model': model,
      'gen_ai.response.id': id,
      'gen_ai.response.finish_reasons': facts.finishReason === null ? null : [facts.finishReason],
      'gen_ai.usage.input_tokens': usage?.promptTokens,
      'gen_ai.usage.output_tokens': usage?.outputTokens,
      'elpis.usage.cached_tokens': usage?.cachedTokens,
      'elpis.usage.reasoning_tokens': usage?.reasoningTokens,
      'elpis.entry.id': entryId,
      'error.type': ok ? null : outcome,
    }),
    status: { code: ok ? 1 : 2 },
  }
  const taken = openedAt + (waitedMs ?? 0)
  const input = facts.verdicts.find(({ direction }) => direction === 'input')
  const output = facts.verdicts.findLast(({ direction }) => direction === 'output')
  return [
    root,
    ...(took === null
      ? []
      : [
          span('access', begunAt, begunAt + took.access, []),
          span('standing', begunAt + took.access, openedAt - took.record, []),
          span('record open', openedAt - took.record, openedAt, []),
        ]),
    ...(judgedAt === null ? [] : [span('guard input', openedAt, judgedAt, verdictOf(input))]),
    ...(waitedMs === null ? [] : [span('engine queue', openedAt, taken, [])]),
    ...(firstTokenAt === null
      ? []
      : [
          span(
            'engine prompt',
            taken,
            firstTokenAt,
            attributes({ 'elpis.prompt_tokens': usage?.promptTokens }),
          ),
          span('engine answer', firstTokenAt, endedAt, attributes({ 'elpis.tokens': facts.tokens })),
        ]),
    ...(outputJudgedAt === null ? [] : [span('guard output', outputJudgedAt, endedAt, verdictOf(output))]),
    ...(sealedMs === null ? [] : [span('record close', endedAt, endedAt + sealedMs, [])]),
  ]
}

function verdictOf(verdict: RequestFacts['verdicts'][number] | undefined): Span['attributes'] {
  return attributes({
    'elpis.guard.outcome': verdict?.outcome,
    'elpis.guard.action': verdict?.action,
    'elpis.guard.layer': verdict?.layer,
    'elpis.guard.policy': verdict?.policy,
    'elpis.guard.hazards': verdict?.hazards,
  })
}
