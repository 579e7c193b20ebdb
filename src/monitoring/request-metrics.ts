import type { Registry } from './registry.ts'
import type { RequestFacts } from './request-facts.ts'
import type { RequestListener } from './request-watch.ts'

/** Counts and measures every request. */
export function requestMetrics(registry: Registry): RequestListener {
  return {
    judged(facts, { direction, hazards, action, outcome }) {
      for (const hazard of hazards.length === 0 ? ['none'] : hazards) {
        registry.count('elpis_verdicts_total', { direction, hazard, action, outcome })
      }
      const { kind, judgedAt, openedAt } = facts
      // A moderation is nothing but judging, of many texts maybe: it would hide how long questions wait.
      if (kind !== 'moderate' && direction === 'input' && judgedAt !== null) {
        registry.observe('elpis_guard_seconds', { direction }, (judgedAt - openedAt) / 1000)
      }
    },
    tokens({ model }, count) {
      registry.count('elpis_tokens_total', { model, type: 'output' }, count)
    },
    ended(facts) {
      const { kind, model, openedAt, firstTokenAt, waitedMs, usage } = facts
      const endedAt = facts.endedAt ?? openedAt
      registry.count('elpis_requests_total', { kind, model, outcome: facts.outcome ?? 'failed' })
      registry.observe('elpis_request_duration_seconds', { kind, model }, (endedAt - openedAt) / 1000)
      if (waitedMs !== null) registry.observe('elpis_queue_seconds', { model }, waitedMs / 1000)
      if (firstTokenAt !== null) {
        registry.observe('elpis_time_to_first_token_seconds', { model }, (firstTokenAt - openedAt) / 1000)
      }
      const speed = speedOf(facts)
      if (speed !== null) registry.observe('elpis_tokens_per_second', { model }, speed)
      if (usage === null) return
      registry.count('elpis_tokens_total', { model, type: 'input' }, usage.promptTokens)
      registry.count('elpis_tokens_total', { model, type: 'cached' }, usage.cachedTokens)
      registry.count('elpis_tokens_total', { model, type: 'reasoning' }, usage.reasoningTokens)
      // What was generated and never left (cut by a stop string, held back by a guard) was computed all the same.
      const unseen = usage.outputTokens - facts.tokens
      if (unseen > 0) registry.count('elpis_tokens_total', { model, type: 'output' }, unseen)
    },
  }
}

/** Tokens by second after the first; null when there were too few to tell. */
function speedOf({ tokens, firstTokenAt, endedAt }: RequestFacts): number | null {
  if (firstTokenAt === null || endedAt === null || tokens < 2 || endedAt <= firstTokenAt) return null
  return ((tokens - 1) * 1000) / (endedAt - firstTokenAt)
}
