import type { QuotaLeft } from '../core/principal.ts'

const kinds = ['requests', 'tokens'] as const

/** Names as OpenAI has them. */
export const quotaHeaderNames = kinds.flatMap((kind) =>
  ['limit', 'remaining', 'reset'].map((what) => `x-ratelimit-${what}-${kind}`),
)

/** What is left, in the words of the protocol that the route speaks. */
export function quotaHeaders(left: QuotaLeft, path: string | undefined, now: number): Record<string, string> {
  return path?.startsWith('/v1/messages') === true ? asAnthropic(left, now) : asOpenAi(left)
}

function asOpenAi(left: QuotaLeft): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const kind of kinds) {
    const of = left[kind]
    if (of === null) continue
    headers[`x-ratelimit-limit-${kind}`] = String(of.limit)
    headers[`x-ratelimit-remaining-${kind}`] = String(of.remaining)
    headers[`x-ratelimit-reset-${kind}`] = duration(of.resetMilliseconds)
  }
  return headers
}

function asAnthropic(left: QuotaLeft, now: number): Record<string, string> {
  const headers: Record<string, string> = {}
  const named = {
    requests: left.requests,
    tokens: left.tokens,
    'input-tokens': left.inputTokens,
    'output-tokens': left.outputTokens,
  }
  for (const [kind, of] of Object.entries(named)) {
    if (of === null) continue
    headers[`anthropic-ratelimit-${kind}-limit`] = String(of.limit)
    headers[`anthropic-ratelimit-${kind}-remaining`] = String(of.remaining)
    headers[`anthropic-ratelimit-${kind}-reset`] = new Date(now + of.resetMilliseconds).toISOString()
  }
  return headers
}

/** As OpenAI writes it: `20ms`, `7.5s`, `6m0s`, `23h59m0s`. */
function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))}ms`
  const seconds = Math.ceil(milliseconds / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  return `${hours > 0 ? `${hours}h` : ''}${hours + minutes > 0 ? `${minutes}m` : ''}${seconds % 60}s`
}
